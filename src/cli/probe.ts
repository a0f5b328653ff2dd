import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { AppProbe, RequestContext } from '../domain/operations.ts'
import type { Tenant } from '../engine/tenants.ts'
import { IdentityError, Unsupported } from '../errors.ts'
import { isAppName, profileOf, settingsOf } from '../vendors/scim/profiles/index.ts'
import { withProgress } from './progress.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'
import type { Start } from './with-server.ts'

/** `identity-mcp probe TENANT`: finds out with read requests what an app supports, and suggests settings. */
export const probeCommand = (io: Io, start: Start): Command =>
  newCommand(
    io,
    'probe',
    'Find out with read requests what an app supports, save it for the server, and suggest settings',
  )
    .argument('<tenant>', 'the tenant to probe')
    .option('--json', 'as JSON')
    .action(async (name: string, { json }: { json?: boolean }, command: Command) => {
      const running = await start(command.optsWithGlobals())
      try {
        const tenant = running.tenants.get(name)
        const probe = await withProgress(io, 'Asking the app what it can do', () => probeTenant(tenant))
        if (json) print(io, toJson({ tenant: name, ...probe, differs: differencesIn(tenant, probe) }, 2))
        else showProbe(io, tenant, probe)
        io.exit(probe.ok ? 0 : 1)
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        io.stderr.write(`${error.message} ${error.hint}\n`)
        io.exit(error.code === 'unknown_tenant' || error.code === 'unsupported' ? 2 : 1)
      } finally {
        await running.close()
      }
    })

async function probeTenant({ title, operations }: Tenant): Promise<AppProbe> {
  if (!operations.probeApp) {
    throw new Unsupported(`${title} cannot be probed.`, 'Run check to test its tokens.')
  }
  const context: RequestContext = {
    caller: 'probe',
    priority: 'interactive',
    deadline: Date.now() + 60_000,
    signal: AbortSignal.timeout(65_000),
  }
  return operations.probeApp({}, context)
}

interface Difference {
  setting: string
  /** What the tenant has now, from its settings file or from the profile of its app. */
  now: unknown
  better: unknown
  /** What the profile of its app says, if it says anything. */
  profile?: unknown
}

/** Where what the app was seen to do differs from the settings and from what is known of the app. */
function differencesIn({ settings }: Tenant, { proposes }: AppProbe): Difference[] {
  const now = settings as unknown as Readonly<Record<string, unknown>> // read by the names of settings
  const profile: Readonly<Record<string, unknown>> = isAppName(now.app)
    ? { ...settingsOf(profileOf(now.app)) }
    : {}
  return Object.entries(proposes).map(([setting, better]) => ({
    setting,
    now: now[setting],
    better,
    ...(profile[setting] !== undefined && { profile: profile[setting] }),
  }))
}

const inWords = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value))

function showProbe(io: Io, tenant: Tenant, probe: AppProbe): void {
  const { name, title } = tenant
  const { findings, proposes, unserved } = probe
  print(io, `${paint(io, 'bold', name)} (${title})`)
  for (const { about, found } of findings) print(io, ...wrap(io, `${about}: ${found}`, '  '))
  print(io, '')
  const differs = differencesIn(tenant, probe)
  for (const { setting, now, better, profile } of differs) {
    const known = profile === undefined ? '' : `, the profile of the app says ${inWords(profile)}`
    print(
      io,
      ...wrap(io, `${setting}: the tenant has ${inWords(now)}${known}; seen was ${inWords(better)}`, ''),
    )
  }
  if (differs.length > 0) print(io, 'Better settings for this tenant:', toJson(proposes, 2))
  if (unserved.length > 0) print(io, 'Cannot be served as it is:')
  for (const one of unserved) print(io, ...wrap(io, one, '  '))
  if (differs.length === 0 && unserved.length === 0)
    print(io, 'Nothing that was tried speaks against the settings of this tenant.')
}
