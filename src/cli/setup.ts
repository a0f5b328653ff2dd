import { type Command, Option } from 'commander'
import type { Io } from '../app/io.ts'
import type { Settings } from '../config/settings.ts'
import { IdentityError, UnknownTenant } from '../errors.ts'
import { guideFor, IDP_TITLES, idpNamed } from '../mcp/resources.ts'
import { IDPS, type SetupGuide, titleOf } from '../vendors/define.ts'
import { vendors } from '../vendors/index.ts'
import { shownSettings } from './settings-without-secrets.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'

/** `identity-mcp setup TENANT --idp okta|entra`: how to set up an identity provider to provision a tenant. */
export const setupCommand = (io: Io): Command =>
  newCommand(io, 'setup', 'Show how to set up Okta or Entra ID to provision a tenant; needs no secret')
    .argument('<tenant>', 'name of the tenant in the settings')
    .addOption(new Option('--idp <name>', 'the identity provider').choices(IDPS).makeOptionMandatory())
    .option('--json', 'as JSON')
    .action(async (name: string, { idp, json }: { idp: string; json?: boolean }, command: Command) => {
      try {
        const tenant = tenantOf(await shownSettings(io, command.optsWithGlobals()), name)
        const known = idpNamed(idp)
        const guide = guideFor(tenant, known)
        if (json) print(io, toJson({ tenant: name, vendor: tenant.vendor.name, idp: known, ...guide }, 2))
        else
          showGuide(
            io,
            `${IDP_TITLES[known]} provisions ${titleOf(tenant.vendor, tenant.settings)} (tenant ${name})`,
            guide,
          )
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        io.stderr.write(`${error.message} ${error.hint}\n`)
        io.exit(2)
      }
    })

function tenantOf({ tenants }: Settings, name: string) {
  const settings = Object.hasOwn(tenants, name) ? tenants[name] : undefined
  const vendor = vendors.find((one) => one.name === settings?.vendor)
  if (settings && vendor) return { vendor, settings }
  throw new UnknownTenant(
    `There is no tenant "${name.slice(0, 64)}".`,
    `The tenants are: ${Object.keys(tenants).join(', ')}.`,
  )
}

function showGuide(io: Io, title: string, guide: SetupGuide): void {
  const section = (name: string, lines: readonly string[]) => print(io, '', paint(io, 'bold', name), ...lines)
  const list = (lines: readonly string[]) => lines.flatMap((line) => hanging(io, '- ', line))
  print(io, paint(io, 'bold', title))
  section('First', list(guide.first))
  section(
    'Tokens',
    guide.tokens.flatMap(({ name, made }) => [...hanging(io, '- ', `${name}:`), ...wrap(io, made, '    ')]),
  )
  section(
    'Steps',
    guide.steps.flatMap(({ do: text, fields = [] }, index) => [
      ...hanging(io, `${index + 1}. `, text),
      // Never wrap a value: people copy it.
      ...fields.flatMap(({ label, value }) => [
        `     ${paint(io, 'dim', label)}`,
        `       ${paint(io, 'cyan', value)}`,
      ]),
    ]),
  )
  section(
    'Attributes',
    guide.attributes.flatMap(({ name, means }) => [`- ${name}`, ...wrap(io, means, '    ')]),
  )
  section('Good to know', list(guide.caveats))
  section('Sources', list(guide.sources))
}

/** `text` with a hanging indent after `mark`. */
const hanging = (io: Io, mark: string, text: string): string[] => {
  const [first = '', ...rest] = wrap(io, text, ' '.repeat(mark.length))
  return [mark + first.trimStart(), ...rest]
}
