import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { forkApp } from '../children.ts'
import { DIRECTORIES, type Directory } from './crowd.ts'

/** The directories of a crowd as an app, with settings for them in `folder`. */
export async function openDirectories(
  { people, pageSize }: { people: number; pageSize: number },
  folder: string,
) {
  const app = await forkApp(join(import.meta.dirname, 'directory-app.ts'), { people })
  const tenantOf = (directory: Directory) => ({
    vendor: 'scim',
    url: `${app.url}/${directory}`,
    tokens: { scim: 'env:TOKEN' },
    pageSize,
    maxPages: 10_000,
    budget: { perSecond: 10_000, perMinute: 600_000, perHour: 36_000_000, perDay: 864_000_000 },
  })
  const tenants = Object.fromEntries(DIRECTORIES.map((name) => [name, tenantOf(name)]))
  const config = join(folder, 'identity-mcp.json')
  writeFileSync(config, JSON.stringify({ tenants, dataDir: join(folder, 'data') }))
  return {
    config,
    /** How many requests there were since this was asked last. */
    requests: () => app.ask<number>('requests'),
    /** Makes the changes of `changed` in every directory. */
    change: () => app.ask<number>('change'),
    /** Reads every page of a directory with undici, and nothing else. */
    async bareLoop(directory: Directory): Promise<void> {
      for (let from = 1; from <= people; from += pageSize) {
        const { body } = await request(`${app.url}/${directory}/Users?startIndex=${from}&count=${pageSize}`)
        await body.json()
      }
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}
