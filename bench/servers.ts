import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type TestClient } from '../test/support/clients.ts'
import { MAIN } from '../test/support/main.ts'
import type { App } from './app.ts'
import { temporaryFolder } from './folder.ts'

/** How the program is started on one app, with a data folder of its own. `more` settings go beside the tenant's. */
export function placeFor(
  { settings, env }: App,
  tenant: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
) {
  const folder = temporaryFolder()
  const config = join(folder.path, 'identity-mcp.json')
  const tenants = { 'acme-netskope': { ...settings.tenants['acme-netskope'], ...tenant } }
  writeFileSync(config, JSON.stringify({ tenants, dataDir: join(folder.path, 'data'), ...more }))
  return {
    main: MAIN,
    config,
    args: ['--config', config],
    env: { PATH: process.env.PATH ?? '', HOME: folder.path, ...env },
    [Symbol.dispose]: folder[Symbol.dispose],
  }
}

export type Place = ReturnType<typeof placeFor>
/** What a process is started with. */
export interface Launch {
  main: string
  args: string[]
  env: Record<string, string>
}

/** A server in its own process with a client of the current protocol at the other end. */
export const startServer = ({ main, args, env }: Launch): Promise<TestClient> =>
  connect('modern', { command: process.execPath, args: [main, ...args], env, stderr: complain }, 'bench')

const complain = (text: string) => void process.stderr.write(text)

/** What a tool answered. Throws when it is an error. */
export async function answerOf<Answer>(
  client: TestClient,
  tool: string,
  args: Record<string, unknown>,
  signal?: AbortSignal,
): Promise<Answer> {
  const { isError, structuredContent, content } = await client.callTool(tool, args, {
    ...(signal && { signal }),
  })
  if (isError) throw new Error(`${tool}: ${content?.[0]?.text}`)
  return structuredContent as Answer // every tool has an output schema
}
