import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { type ApiToken, openApiTokens } from '../auth/api-tokens.ts'
import { TENANT_NAME } from '../config/names.ts'
import { type Grant, SCOPES, type Scope } from '../domain/scopes.ts'
import { InvalidInput } from '../errors.ts'
import { plainText } from '../text/text.ts'
import { journalRecorder, type Recorder } from './approver-check.ts'
import { table } from './table.ts'
import { newCommand, print, showTime, toJson } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

/** Creates and revokes the API tokens of callers over HTTP. */
export function tokensCommand(io: Io, open: OpenData): Command {
  const tokens = newCommand(io, 'tokens', 'Create and revoke API tokens for callers over HTTP')
  tokens
    .command('list', { isDefault: true })
    .description('List the tokens, what they may do, and when they were last used')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => list(io, open, command, options))
  tokens
    .command('create <name>')
    .description('Create a token and print it once')
    .option('--scopes <scopes>', `what it may do, comma-separated: ${SCOPES.join(', ')}`, 'identity:read')
    .option('--tenants <tenants>', 'the tenants it may see, comma-separated; default: all')
    .option('--agent <name>', 'the agent that it belongs to, which `brake on --agent` stops')
    .option('--expires <when>', 'when it expires: 12h, 30d, a date, or never', '90d')
    .option('--json', 'as JSON')
    .action((name: string, options: CreateOptions, command: Command) =>
      create(io, open, command, name, options),
    )
  tokens
    .command('revoke <name>')
    .description('Revoke a token immediately')
    .action((name: string, _: unknown, command: Command) => revoke(io, open, command, name))
  return tokens
}

interface CreateOptions {
  scopes: string
  tenants?: string
  agent?: string
  expires: string
  json?: true
}

const list = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const tokens = await openApiTokens(store).list()
    if (json) return print(io, toJson({ tokens: tokens.map(toDocument) }, 2))
    if (tokens.length === 0) {
      const example = typed(io, command.optsWithGlobals(), 'tokens create NAME --scopes identity:read')
      return print(io, 'There are no tokens yet.', `Create one: ${example}`)
    }
    const rows = tokens.map(({ name, caller, grant, expiresAt, lastUsedAt }) => [
      name,
      grant.scopes.map((scope) => scope.replace('identity:', '')).join(', '),
      grant.tenants?.join(', ') ?? 'all',
      expiresAt === undefined
        ? 'never'
        : `${expiresAt <= Date.now() ? 'expired ' : ''}${showTime(expiresAt)}`,
      lastUsedAt === undefined ? 'never' : showTime(lastUsedAt),
      caller,
    ])
    print(io, ...table(io, [['NAME', 'SCOPES', 'TENANTS', 'EXPIRES', 'LAST USED', 'CALLER'], ...rows]))
  })

const create = (io: Io, open: OpenData, command: Command, name: string, options: CreateOptions) =>
  withData(io, open, command, async ({ store, journal }) => {
    const grant = grantOf(options)
    const expiresAt = expiryOf(options.expires)
    const agent = agentNamed(options)
    const record = journalRecorder(io, { journal }, 'tokens create', { name, ...grant, agent })
    const { token, made } = await journalled(record, () =>
      openApiTokens(store).create(name, grant, { ...(expiresAt && { expiresAt }), ...(agent && { agent }) }),
    )
    if (options.json) return print(io, toJson({ token, ...toDocument(made) }, 2))
    io.stderr.write(
      `This is the token of ${name}. It is shown only once; the server keeps only its hash.\n` +
        `Scopes: ${grant.scopes.join(', ')}; in ${grant.tenants?.join(', ') ?? 'all tenants'}; ` +
        `${expiresAt === undefined ? 'until it is revoked' : `until ${showTime(expiresAt)}`}.\n`,
    )
    // Only the token goes to standard output, for scripts.
    print(io, token)
  })

const revoke = (io: Io, open: OpenData, command: Command, name: string) =>
  withData(io, open, command, async ({ store, journal }) => {
    const record = journalRecorder(io, { journal }, 'tokens revoke', { name })
    await journalled(record, () => openApiTokens(store).revoke(name))
    print(io, `The token of ${name} is revoked.`)
  })

/** Journals first: what cannot be journalled must not happen. */
async function journalled<Result>(record: Recorder, work: () => Promise<Result>) {
  await record('started')
  try {
    const result = await work()
    await record('done')
    return result
  } catch (error) {
    await record('failed')
    throw error
  }
}

const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '')

function grantOf({ scopes, tenants }: CreateOptions): Grant {
  const wanted = words(scopes)
  const unknown = wanted.filter((word) => !SCOPES.includes(word as Scope))
  if (unknown.length > 0 || wanted.length === 0) {
    throw new InvalidInput('These are not scopes of this server.', `The scopes are: ${SCOPES.join(', ')}.`)
  }
  const named = tenants === undefined ? undefined : words(tenants)
  if (named && (named.length === 0 || named.some((name) => !TENANT_NAME.test(name)))) {
    throw new InvalidInput(
      'These are not names of tenants.',
      'Use the names from the settings, comma-separated.',
    )
  }
  return {
    scopes: SCOPES.filter((scope) => wanted.includes(scope)),
    ...(named && { tenants: [...new Set(named)] }),
  }
}

/** Throws `InvalidInput` for a name that would not stay as it is. */
function agentNamed({ agent }: CreateOptions): string | undefined {
  if (agent === undefined || (agent !== '' && plainText(agent) === agent)) return agent
  throw new InvalidInput('This is not a valid name of an agent.', 'Use plain letters, without line breaks.')
}

const HOUR = 3_600_000
const UNITS: Record<string, number> = { h: HOUR, d: 24 * HOUR, w: 7 * 24 * HOUR }

/** Epoch milliseconds; undefined for never. Throws `InvalidInput` unless it is in the future. */
function expiryOf(text: string): number | undefined {
  if (text === 'never') return undefined
  const [, count, unit = ''] = /^(\d{1,4})([hdw])$/.exec(text) ?? []
  const date = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN
  const at = count === undefined ? date : Date.now() + Number(count) * (UNITS[unit] ?? 0)
  if (at > Date.now()) return at
  throw new InvalidInput(
    'The expiry is not a time in the future.',
    'Write 12h, 30d, 8w, a date such as 2030-01-31, or never.',
  )
}

const toDocument = ({ name, caller, agent, grant, createdAt, expiresAt, lastUsedAt }: ApiToken) => ({
  name,
  caller,
  ...(agent !== undefined && { agent }),
  scopes: grant.scopes,
  tenants: grant.tenants ?? 'all',
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  lastUsedAt: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
})
