import { temporaryFolder } from '../test/support/folder.ts'
import { MAIN } from '../test/support/main.ts'
import { atMost, type Part } from './rows.ts'
import { startServer } from './servers.ts'

/** What tools can be served, by the flag `--tools`. */
const GROUPS = ['read', 'audit', 'write', 'remove']

export const listSize: Part = async () => {
  const all = await listed()
  const groups = await Promise.all(
    GROUPS.map(async (group) => {
      const tools = await listed('--tools', group)
      return { what: `--tools ${group}: ${tools.length} tools`, figure: String(bytes(tools)) }
    }),
  )
  return {
    title: 'What tools/list costs an agent',
    how: 'The tools of `--sandbox`, which has every vendor, as a client gets them, as JSON, in bytes.',
    rows: [
      atMost(`All that are listed by default: ${all.length} tools`, bytes(all), 12_000),
      ...groups,
      { what: 'Tool by tool', figure: all.map((tool) => `${tool.name} ${bytes(tool)}`).join(', ') },
    ],
  }
}

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

async function listed(...flags: string[]) {
  using folder = temporaryFolder()
  const env = { PATH: process.env.PATH ?? '', HOME: folder.path }
  const client = await startServer({ main: MAIN, args: ['--sandbox', ...flags], env })
  const tools = await client.listTools()
  await client.close()
  return tools
}
