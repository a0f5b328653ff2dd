import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { type CommonOptions, settingsFile } from '../app/stores.ts'
import { issuerFetch, issuerProblem } from '../auth/issuer-keys.ts'
import type { Settings } from '../config/settings.ts'
import type { RequestContext, TokenCheck } from '../domain/operations.ts'
import type { Tenant } from '../engine/tenants.ts'
import { IdentityError } from '../errors.ts'
import type { StoreHealth } from '../store/store.ts'
import { sameText } from '../text/text.ts'
import { describeFreeze } from './brake.ts'
import { withProgress } from './progress.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'
import type { Start } from './with-server.ts'

/** What works in a tenant. */
export interface TenantCheck {
  tenant: string
  vendor: string
  ok: boolean
  tokens: TokenCheck[]
  problem?: string
}

/** `identity-mcp check`: tests the store, the issuer of callers and every token with read requests, and reports what works. */
export const checkCommand = (io: Io, start: Start): Command =>
  newCommand(
    io,
    'check',
    'Test the settings and every token with read requests, and report what works in each tenant',
  )
    .option('--tenant <name>', 'only this tenant')
    .option('--json', 'as JSON')
    .action(async ({ tenant, json }: { tenant?: string; json?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const { file, found } = settingsFile(io, options)
      const settings = options.sandbox ? undefined : { file, found }
      const running = await start(options)
      try {
        const { tenants } = running
        const chosen = tenant === undefined ? tenants.all : [tenants.get(tenant)]
        const [store, issuer, ...looked] = await withProgress(io, 'Testing the tokens', () =>
          Promise.all([running.store.health(), checkIssuer(running.settings), ...chosen.map(checkTenant)]),
        )
        const names = store.ok ? (await running.page.approvers.list()).map(({ name }) => name) : []
        const checked = looked.map((one) => withOwner(one, tenants.get(one.tenant), names))
        const freezes = store.ok ? await running.freezes.list() : []
        const ok = store.ok && issuer?.ok !== false && checked.every(({ ok }) => ok)
        if (json) {
          const stopped = freezes.map(({ counts: _, at, ...freeze }) => ({
            ...freeze,
            since: new Date(at).toISOString(),
          }))
          print(
            io,
            toJson(
              { ok, settings, store, issuer, tenants: checked, stopped, notes: running.settings.notes },
              2,
            ),
          )
        } else {
          if (settings) {
            const where = settings.found ? ', found in the working folder' : ''
            print(io, `${mark(io, true)} ${paint(io, 'bold', 'settings')} (${settings.file}${where})`)
          }
          for (const one of checked) showTenant(io, one)
          showStore(io, store)
          if (issuer) showIssuer(io, issuer)
          for (const note of running.settings.notes)
            print(io, ...wrap(io, `${paint(io, 'yellow', '!')} ${note}`, ''))
          // Not an error in the settings, but the first thing to know when changes are refused.
          for (const freeze of freezes)
            print(io, ...wrap(io, `${paint(io, 'yellow', '!')} ${describeFreeze(freeze)}`, ''))
        }
        io.exit(ok ? 0 : 1)
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        io.stderr.write(`${error.message} ${error.hint}\n`)
        io.exit(2)
      } finally {
        await running.close()
      }
    })

/** Tests the tokens of a tenant with read requests. */
export async function checkTenant({ name, title, operations }: Tenant): Promise<TenantCheck> {
  const context: RequestContext = {
    caller: 'check',
    priority: 'interactive',
    deadline: Date.now() + 30_000,
    signal: AbortSignal.timeout(35_000),
  }
  try {
    const tokens = (await operations.checkTokens?.({}, context)) ?? []
    // An optional token that is not set is not an error. Its row says what is missing without it.
    const used = tokens.filter(({ verdict }) => verdict !== 'not_configured')
    return { tenant: name, vendor: title, ok: used.every(isGood), tokens }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return {
      tenant: name,
      vendor: title,
      ok: false,
      tokens: [],
      problem: `${error.message} ${error.hint}`,
    }
  }
}

/** The authorization server of callers over HTTP, and what is wrong with it. */
interface IssuerCheck {
  issuer: string
  ok: boolean
  problem?: string
}

/** Looks for the keys that verify access tokens; undefined where the settings take none. */
async function checkIssuer({ auth, route }: Settings): Promise<IssuerCheck | undefined> {
  const jwt = auth === undefined || auth === 'none' ? undefined : auth.jwt
  if (!jwt) return undefined
  const problem = await issuerProblem(jwt, issuerFetch(route))
  return { issuer: jwt.issuer, ok: problem === undefined, ...(problem !== undefined && { problem }) }
}

/** Whoever says that something is done by hand needs a passphrase. */
function withOwner(
  check: TenantCheck,
  { settings: { owner } }: Tenant,
  approvers: readonly string[],
): TenantCheck {
  if (owner === undefined || approvers.some((name) => sameText(name, owner))) return check
  const problem = `Its owner ${owner} is no approver, and so cannot say that a task is done: approvers add ${owner}`
  return { ...check, ok: false, problem }
}

const isGood = ({ verdict }: TokenCheck) => verdict === 'ok' || verdict === 'expires_soon'

const mark = (io: Io, well: boolean) => (well ? paint(io, 'green', '✓') : paint(io, 'red', '✗'))

function showStore(io: Io, { ok, store, problem, advice = [] }: StoreHealth): void {
  print(io, `${mark(io, ok)} ${paint(io, 'bold', 'store')} (${store})`)
  if (problem) print(io, ...wrap(io, `It is unavailable: ${problem}.`, '    '))
  for (const line of advice) print(io, ...wrap(io, line, '    '))
}

function showIssuer(io: Io, { issuer, ok, problem }: IssuerCheck): void {
  print(io, `${mark(io, ok)} ${paint(io, 'bold', 'auth.jwt')} (${issuer})`)
  if (problem) print(io, ...wrap(io, problem, '    '))
}

/** Prints what works in a tenant. */
export function showTenant(io: Io, { tenant, vendor, ok, tokens, problem }: TenantCheck): void {
  print(io, `${mark(io, ok)} ${paint(io, 'bold', tenant)}${vendor === '' ? '' : ` (${vendor})`}`)
  if (problem) print(io, ...wrap(io, problem, '    '))
  for (const { token, fingerprint, verdict, surfaces, expiresAt, budget } of tokens) {
    const more = [
      ...(fingerprint ? [`fingerprint ${fingerprint}`] : []),
      ...(expiresAt ? [`expires ${expiresAt}`] : []),
      ...budget.map(
        ({ window, of, limit, left }) => `${left} of ${limit}${of ? ` ${of}` : ''} left this ${window}`,
      ),
    ]
    print(
      io,
      `  token ${token}: ${paint(io, verdict === 'ok' ? 'green' : 'yellow', verdict)}  ${paint(io, 'dim', more.join(', '))}`,
    )
    for (const { surface, ok: works, meaning, hint } of surfaces) {
      // Without a hint, the token does not need this surface.
      const sign = works ? '✓' : hint ? '✗' : '·'
      print(io, ...wrap(io, `${sign} ${surface}: ${meaning}`, '    '))
      if (hint && !works) print(io, ...wrap(io, hint, '      '))
    }
  }
}
