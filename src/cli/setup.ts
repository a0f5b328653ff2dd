import { type Command, Option } from 'commander'
import type { Io } from '../app/io.ts'
import type { Settings } from '../config/settings.ts'
import { IdentityError, UnknownTenant, Unsupported } from '../errors.ts'
import { guideFor, IDP_TITLES, idpNamed } from '../mcp/resources.ts'
import { type AccessGuide, IDPS, type SetupGuide, type SetupStep, titleOf } from '../vendors/define.ts'
import { vendors } from '../vendors/index.ts'
import { shownSettings } from './settings-without-secrets.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'

/**
 * `identity-mcp setup TENANT --idp okta|entra`: how to set up an identity provider to provision a tenant. Of an identity
 * provider itself, without `--idp`: how to give this server its rights there.
 */
export const setupCommand = (io: Io): Command =>
  newCommand(
    io,
    'setup',
    'Show how to set up Okta or Entra ID to provision a tenant, or what this server needs at a provider; needs no secret',
  )
    .argument('<tenant>', 'name of the tenant in the settings')
    .addOption(new Option('--idp <name>', 'the identity provider that provisions it').choices(IDPS))
    .option('--json', 'as JSON')
    .action(async (name: string, { idp, json }: { idp?: string; json?: boolean }, command: Command) => {
      try {
        const tenant = tenantOf(await shownSettings(io, command.optsWithGlobals()), name)
        if (idp === undefined) {
          const access = accessTo(tenant)
          if (json) print(io, toJson({ tenant: name, vendor: tenant.vendor.name, ...access }, 2))
          else showAccess(io, `${titleOf(tenant.vendor, tenant.settings)} (tenant ${name})`, access)
          return
        }
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

function accessTo({ vendor, settings }: ReturnType<typeof tenantOf>): AccessGuide {
  const access = vendor.access?.(settings)
  if (access) return access
  throw new Unsupported(
    `${titleOf(vendor, settings)} is no identity provider.`,
    `Name the provider that is to provision it: --idp ${IDPS.join(' or --idp ')}.`,
  )
}

function showAccess(io: Io, title: string, { steps, rights, caveats, sources }: AccessGuide): void {
  print(io, paint(io, 'bold', `What this server needs at ${title}`))
  showSection(io, 'Steps', stepsOf(io, steps))
  showSection(
    io,
    'Rights, and what check_token says without each',
    rights.flatMap((right) => [`- ${right.name}`, ...wrap(io, `${right.for}. ${right.missing}`, '    ')]),
  )
  showSection(io, 'Good to know', list(io, caveats))
  showSection(io, 'Sources', list(io, sources))
}

function showGuide(io: Io, title: string, guide: SetupGuide): void {
  print(io, paint(io, 'bold', title))
  showSection(io, 'First', list(io, guide.first))
  showSection(
    io,
    'Tokens',
    guide.tokens.flatMap(({ name, made }) => [...hanging(io, '- ', `${name}:`), ...wrap(io, made, '    ')]),
  )
  showSection(io, 'Steps', stepsOf(io, guide.steps))
  showSection(
    io,
    'Attributes',
    guide.attributes.flatMap(({ name, means }) => [`- ${name}`, ...wrap(io, means, '    ')]),
  )
  showSection(io, 'Good to know', list(io, guide.caveats))
  showSection(io, 'Sources', list(io, guide.sources))
}

const showSection = (io: Io, name: string, lines: readonly string[]) =>
  print(io, '', paint(io, 'bold', name), ...lines)

const list = (io: Io, lines: readonly string[]) => lines.flatMap((line) => hanging(io, '- ', line))

const stepsOf = (io: Io, steps: readonly SetupStep[]): string[] =>
  steps.flatMap(({ do: text, fields = [] }, index) => [
    ...hanging(io, `${index + 1}. `, text),
    // Never wrap a value: people copy it.
    ...fields.flatMap(({ label, value }) => [
      `     ${paint(io, 'dim', label)}`,
      `       ${paint(io, 'cyan', value)}`,
    ]),
  ])

/** `text` with a hanging indent after `mark`. */
const hanging = (io: Io, mark: string, text: string): string[] => {
  const [first = '', ...rest] = wrap(io, text, ' '.repeat(mark.length))
  return [mark + first.trimStart(), ...rest]
}
