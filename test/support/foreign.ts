import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const FOREIGN = join(import.meta.dirname, '../foreign')

/** Whether what others wrote is not installed in this folder of `test/foreign`; where it has to be, that is an error later. */
export const notInstalled = (folder: string): boolean =>
  !existsSync(join(FOREIGN, folder, 'node_modules')) && !process.env.IDENTITY_MCP_FOREIGN

/** A SCIM server that others wrote, in a process of its own on this machine. */
export interface ForeignServer {
  url: string
  token: string
  /** What is in its own store, past SCIM. */
  stored(): Promise<unknown>
  close(): Promise<void>
}

export async function startForeign(folder: string): Promise<ForeignServer> {
  const child = spawn(process.execPath, ['server.mjs'], {
    cwd: join(FOREIGN, folder),
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { url, token, store } = JSON.parse(await firstLine(child)) as Record<
    'url' | 'token' | 'store',
    string
  >
  return {
    url,
    token,
    stored: async () => (await fetch(store)).json(),
    async close() {
      const ended = once(child, 'close')
      child.kill()
      await ended
    },
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new TypeError('it has no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('it ended before it listened')
}
