import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import { type ApiToken, openApiTokens } from '../auth/api-tokens.ts'
import { TENANT_NAME } from '../config/settings.ts'
import { type Grant, SCOPES, type Scope } from '../domain/scopes.ts'
import { InvalidInput } from '../errors.ts'
import { type Recorder, recorder } from './approver-check.ts'
import { newCommand, type OpenData, print, showTime, table, toJson, withData } from './data.ts'

/** Makes and revokes the tokens by which bots are known over HTTP. */
export function tokensCommand(io: Io, open: OpenData): Command {
  const tokens = newCommand(io, 'tokens', 'Make and revoke the tokens of callers over HTTP')
  tokens
    .command('list', { isDefault: true })
    .description('Which tokens there are, what they may do, and when they were last used')
    .option('--json', 'as JSON')
    .action((options: { json?: true }, command: Command) => list(io, open, command, options))
  tokens
    .command('create <name>')
    .description('Make a token and print it, once')
    .option('--scopes <scopes>', `what it may do, with commas: ${SCOPES.join(', ')}`, 'identity:read')
    .option('--tenants <tenants>', 'the tenants it may see, with commas; all of them when left out')
    .option('--expires <when>', 'how long it is good: 12h, 30d, a date, or never', '90d')
    .option('--json', 'as JSON')
    .action((name: string, options: CreateOptions, command: Command) =>
      create(io, open, command, name, options),
    )
  tokens
    .command('revoke <name>')
    .description('Let a token be good no more, from now on')
    .action((name: string, _: unknown, command: Command) => revoke(io, open, command, name))
  return tokens
}

interface CreateOptions {
  scopes: string
  tenants?: string
  expires: string
  json?: true
}

const list = (io: Io, open: OpenData, command: Command, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const tokens = await openApiTokens(store).list()
    if (json) return print(io, toJson({ tokens: tokens.map(toDocument) }, 2))
    if (tokens.length === 0) {
      const make = typed(io, command.optsWithGlobals(), 'tokens create NAME --scopes identity:read')
      return print(io, 'There are no tokens yet.', `Make one: ${make}`)
    }
    const rows = tokens.map(({ name, grant, expiresAt, lastUsedAt }) => [
      name,
      grant.scopes.map((scope) => scope.replace('identity:', '')).join(', '),
      grant.tenants?.join(', ') ?? 'all',
      expiresAt === undefined
        ? 'never'
        : `${expiresAt <= Date.now() ? 'expired ' : ''}${showTime(expiresAt)}`,
      lastUsedAt === undefined ? 'never' : showTime(lastUsedAt),
    ])
    print(io, ...table(io, [['NAME', 'SCOPES', 'TENANTS', 'EXPIRES', 'LAST USED'], ...rows]))
  })

const create = (io: Io, open: OpenData, command: Command, name: string, options: CreateOptions) =>
  withData(io, open, command, async ({ store, journal }) => {
    const grant = grantOf(options)
    const expiresAt = expiryOf(options.expires)
    const record = recorder(io, { journal }, 'tokens create', { name, ...grant })
    const { token, made } = await recorded(record, () => openApiTokens(store).create(name, grant, expiresAt))
    if (options.json) return print(io, toJson({ token, ...toDocument(made) }, 2))
    io.stderr.write(
      `This is the token of ${name}. It is shown this once; only its hash is kept.\n` +
        `It may: ${grant.scopes.join(', ')}; in ${grant.tenants?.join(', ') ?? 'all tenants'}; ` +
        `${expiresAt === undefined ? 'until it is revoked' : `until ${showTime(expiresAt)}`}.\n`,
    )
    // Alone on standard output, so that a script can take it from there.
    print(io, token)
  })

const revoke = (io: Io, open: OpenData, command: Command, name: string) =>
  withData(io, open, command, async ({ store, journal }) => {
    const record = recorder(io, { journal }, 'tokens revoke', { name })
    await recorded(record, () => openApiTokens(store).revoke(name))
    print(io, `The token of ${name} is good no more.`)
  })

/** What cannot be recorded must not be done. */
async function recorded<Result>(record: Recorder, work: () => Promise<Result>) {
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
      'Name them as the settings do, with commas between.',
    )
  }
  return {
    scopes: SCOPES.filter((scope) => wanted.includes(scope)),
    ...(named && { tenants: [...new Set(named)] }),
  }
}

const HOUR = 3_600_000
const UNITS: Record<string, number> = { h: HOUR, d: 24 * HOUR, w: 7 * 24 * HOUR }

/** Epoch milliseconds; undefined for never. Throws `InvalidInput` for what is no time to come. */
function expiryOf(text: string): number | undefined {
  if (text === 'never') return undefined
  const [, count, unit = ''] = /^(\d{1,4})([hdw])$/.exec(text) ?? []
  const date = /^\d{4}-\d\d-\d\d(T|$)/.test(text) ? Date.parse(text) : Number.NaN
  const at = count === undefined ? date : Date.now() + Number(count) * (UNITS[unit] ?? 0)
  if (at > Date.now()) return at
  throw new InvalidInput(
    'This is no time to come.',
    'Write 12h, 30d, 8w, a date such as 2030-01-31, or never.',
  )
}

const toDocument = ({ name, grant, createdAt, expiresAt, lastUsedAt }: ApiToken) => ({
  name,
  scopes: grant.scopes,
  tenants: grant.tenants ?? 'all',
  createdAt: new Date(createdAt).toISOString(),
  expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  lastUsedAt: lastUsedAt === undefined ? null : new Date(lastUsedAt).toISOString(),
})
