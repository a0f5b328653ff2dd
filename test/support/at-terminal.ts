import { join } from 'node:path'
import { program } from '../../src/cli/program.ts'
import { openDesk, withoutColours } from '../cli/fake-io.ts'

interface Place {
  folder: string
  env: Record<string, string>
}

interface Terminal {
  /** What the person answers to each question, key by key. */
  typed?: string[]
  columns?: number
}

/** Runs a command of the program as a person at a terminal does. Without colours. */
export async function atTerminal(
  { folder, env }: Place,
  words: readonly string[],
  { typed = [], columns = 80 }: Terminal = {},
) {
  await using desk = await openDesk()
  const IDENTITY_MCP_CONFIG = join(folder, 'identity-mcp.json')
  const said = await desk.run(
    (io) => program({ ...io, user: 'operator', env: { ...env, IDENTITY_MCP_CONFIG } }),
    words,
    { typed, columns },
  )
  return { ...said, out: withoutColours(said.out), err: withoutColours(said.err) }
}
