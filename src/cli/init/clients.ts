import { homedir, platform } from 'node:os'
import pkg from '../../../package.json' with { type: 'json' }
import type { Io } from '../../app/io.ts'
import type { ServerStart } from '../../clients/clients.ts'
import { clientsOn, type FoundClient } from '../../clients/installed.ts'
import { type Edit, registering, removing, write } from '../../clients/register.ts'
import { SettingsError } from '../../config/problems.ts'
import { plainText } from '../../text/text.ts'
import { paint, print, wrap } from '../terminal.ts'
import { variablesIn } from './settings-file.ts'

/** Which of the clients; all that are found by default. */
type Chosen = (edits: readonly Edit[]) => Promise<readonly string[]>

/** How a client starts the server with these settings. */
export function startOf({ script }: Pick<Io, 'script'>, file: string): ServerStart {
  const more = ['--config', file]
  const variables = variablesIn(file)
  // What npx fetched can be gone tomorrow: it fetches it again.
  if (/[/\\]_npx[/\\]/.test(script.main)) {
    const words = ['npx', '-y', `${pkg.name}@${pkg.version}`, ...more]
    // A script of the system's shell, which only that can start.
    const [command = '', ...args] = platform() === 'win32' ? ['cmd', '/c', ...words] : words
    return { command, args, variables }
  }
  return { command: script.node, args: [script.main, ...more], variables }
}

/** The clients on this machine, or those of them that are named. Throws `SettingsError`. */
export function clientsNamed({ env }: Pick<Io, 'env'>, names?: readonly string[]): FoundClient[] {
  const home = env.HOME || env.USERPROFILE || homedir()
  const found = clientsOn({ platform: platform(), home, env })
  const missing = names?.filter((name) => !found.some(({ client }) => client.name === name)) ?? []
  if (missing.length > 0) {
    const there = found.map(({ client }) => client.name).join(', ') || 'none'
    throw new SettingsError('init', [
      `--clients: not found here: ${missing.map((name) => plainText(name, 40)).join(', ')}; found: ${there}`,
    ])
  }
  return names ? found.filter(({ client }) => names.includes(client.name)) : found
}

/** Tells clients of the server: shows each change, asks which to make, and makes them. */
export async function registerWith(
  io: Io,
  file: string,
  { clients, chosen }: { clients: readonly FoundClient[]; chosen: Chosen },
): Promise<void> {
  const start = startOf(io, file)
  const results = clients.map((found) => registering(found, start))
  const edits = await shown(io, results, 'is told of the server already')
  const names = edits.length > 0 ? await chosen(edits) : []
  const written = edits.filter(({ client }) => names.includes(client.name))
  for (const edit of written) report(io, edit, 'starts the server from now on, once it is restarted')
  const deaf =
    start.variables.length > 0
      ? written.filter(({ client }) => !client.variable && client.form === 'json')
      : []
  for (const { client } of deaf)
    print(
      io,
      ...wrap(io, `${client.title} needs these environment variables: ${start.variables.join(', ')}.`, '  '),
    )
  if (written.length > 0) return
  const { command, args } = start
  print(
    io,
    'For any other MCP client:',
    '',
    JSON.stringify({ mcpServers: { identity: { command, args } } }, null, 2),
    '',
  )
}

/** Makes clients forget the server. */
export async function removeFromClients(
  io: Io,
  file: string,
  clients: readonly FoundClient[],
  chosen: Chosen,
): Promise<void> {
  const start = startOf(io, file)
  const edits = await shown(
    io,
    clients.map((found) => removing(found, start)),
  )
  if (edits.length === 0) return print(io, 'No client is told of this server.')
  const names = await chosen(edits)
  for (const edit of edits.filter(({ client }) => names.includes(client.name)))
    report(io, edit, 'no longer starts the server')
  print(io, ...wrap(io, `Settings, secrets and the journal are left as they are: ${file}.`, ''))
}

/** Shows what would change; returns the edits that change something. */
async function shown(
  io: Io,
  results: readonly ReturnType<typeof registering>[],
  already?: string,
): Promise<Edit[]> {
  const edits: Edit[] = []
  for (const one of results) {
    const where = `${paint(io, 'bold', one.client.title)} (${one.file})`
    if ('why' in one) print(io, `${where}: left alone, its file ${one.why}.`)
    else if (one.diff.length > 0) {
      print(io, where, ...one.diff.map((line) => `  ${colored(io, plainLine(line))}`))
      edits.push(one)
    } else if (already) print(io, `${where} ${already}.`)
  }
  return edits
}

const plainLine = (line: string): string =>
  `${/^[-+@] ?\s*/.exec(line)?.[0] ?? ''}${plainText(line.replace(/^[-+@] ?\s*/, ''), 300)}`

const colored = (io: Io, line: string): string =>
  paint(io, line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : 'dim', line)

function report(io: Io, edit: Edit, done: string): void {
  const problem = write(edit)
  const { title } = edit.client
  print(
    io,
    problem === undefined
      ? `${paint(io, 'green', '✓')} ${title} ${done}.`
      : `${paint(io, 'red', '✗')} ${title}: ${edit.file} ${problem}.`,
  )
}
