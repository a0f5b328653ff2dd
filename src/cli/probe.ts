import type { Command } from 'commander'
import type { Running } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import type { CommonOptions } from '../app/stores.ts'
import type { AppProbe, RequestContext } from '../domain/operations.ts'
import type { Tenant } from '../engine/tenants.ts'
import { IdentityError, Unsupported } from '../errors.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'

/** `identity-mcp probe TENANT`: finds out with read requests what an app supports, and suggests settings. */
export const probeCommand = (io: Io, start: (options: CommonOptions) => Promise<Running>): Command =>
  newCommand(
    io,
    'probe',
    'find out with read requests what an app supports, save it for the server, and suggest settings',
  )
    .argument('<tenant>', 'the tenant to probe')
    .option('--json', 'as JSON')
    .action(async (name: string, { json }: { json?: boolean }, command: Command) => {
      const running = await start(command.optsWithGlobals())
      try {
        const tenant = running.tenants.get(name)
        const probe = await probeTenant(tenant)
        if (json) print(io, toJson({ tenant: name, ...probe }, 2))
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

function showProbe(io: Io, { name, title }: Tenant, { findings, proposes }: AppProbe): void {
  print(io, `${paint(io, 'bold', name)} (${title})`)
  for (const { about, found } of findings) print(io, ...wrap(io, `${about}: ${found}`, '  '))
  print(io, '')
  if (Object.keys(proposes).length === 0) print(io, 'The settings of this tenant are right.')
  else print(io, 'Better settings for this tenant:', toJson(proposes, 2))
}
