import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type TestClient } from '../test/support/clients.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { MAIN } from '../test/support/main.ts'
import type { App } from './app.ts'

/** Prepares a launch of the program for one app, with a fresh data folder. `more` adds settings. */
export function prepareLaunch(
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

export type PreparedLaunch = ReturnType<typeof prepareLaunch>

/** The command line and environment of a process. */
export interface Launch {
  main: string
  args: string[]
  env: Record<string, string>
}

/** Starts a server in a child process and connects a client of the current protocol. */
export const startServer = ({ main, args, env }: Launch): Promise<TestClient> =>
  connect('modern', { command: process.execPath, args: [main, ...args], env, stderr: printStderr }, 'bench')

const printStderr = (text: string) => void process.stderr.write(text)

/** Calls a tool and returns its output. Throws on an error. */
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
