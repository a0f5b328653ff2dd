import type { Facts } from '../domain/facts.ts'
import { caveatsIn, type Tenant, type Tenants } from '../engine/tenants.ts'
import { NotFound, Unsupported } from '../errors.ts'
import { plainText } from '../text/text.ts'
import { IDPS, type Idp, type SetupGuide, titleOf, type Vendor } from '../vendors/define.ts'

/** Guides to the connected apps, for agents; each text is built on demand. */
export interface AppGuides {
  vendors: readonly Pick<Vendor, 'name' | 'title'>[]
  /** The tenants that have a setup guide. */
  tenants: readonly string[]
  /** What to know about an app before acting on it. Throws `NotFound`. */
  aboutVendor(name: string): string
  /** How to set up an identity provider for a tenant. Throws `UnknownTenant`, `NotFound` and `Unsupported`. */
  setup(tenant: string, idp: string): string
}

export const IDP_TITLES: Record<Idp, string> = { okta: 'Okta', entra: 'Microsoft Entra ID' }

export const appGuidesOf = (tenants: Tenants): AppGuides => {
  const vendors = [...new Set(tenants.all.map(({ vendor }) => vendor))]
  return {
    vendors,
    tenants: tenants.all.filter(({ vendor }) => vendor.setup).map(({ name }) => name),
    aboutVendor(name) {
      const vendor = vendors.find((one) => one.name === name)
      if (vendor)
        return aboutText(
          vendor,
          tenants.all.filter((tenant) => tenant.vendor === vendor),
        )
      throw new NotFound(
        `No app of the kind "${plainText(name, 64)}" is connected.`,
        `Connected are: ${vendors.map((one) => one.name).join(', ')}.`,
      )
    },
    setup(name, idp) {
      const tenant = tenants.get(name)
      const known = idpNamed(idp)
      return setupText(tenant, known, guideFor(tenant, known))
    },
  }
}

/** Throws `NotFound`, naming the known identity providers. */
export function idpNamed(name: string): Idp {
  const idp = IDPS.find((one) => one === name)
  if (idp) return idp
  throw new NotFound(
    `There is no setup guide for the identity provider "${plainText(name, 64)}".`,
    `Available are: ${IDPS.join(', ')}.`,
  )
}

/** Throws `Unsupported` for an app without a setup guide. */
export function guideFor({ vendor, settings }: Pick<Tenant, 'vendor' | 'settings'>, idp: Idp): SetupGuide {
  const guide = vendor.setup?.(settings, idp)
  if (guide) return guide
  throw new Unsupported(
    `There is no setup guide for ${titleOf(vendor, settings)}.`,
    'Its own documentation says how to set it up.',
  )
}

const DEACTIVATION: Record<Facts['deactivate'], string> = {
  reversible: 'Deactivation keeps the account and its data; reactivate_user undoes it.',
  deletes: 'Deactivation DELETES the account here and cannot be undone.',
  unknown: 'Whether a deactivation can be undone is not known.',
}
const DELETION: Record<Facts['delete'], string> = {
  hard: 'Deletion cannot be undone.',
  soft: 'Deletion keeps the record for a while; only the app’s console can restore it.',
  deactivates: 'Deletion does not delete: it deactivates.',
  unlinks: 'Deletion unlinks the account from the directory and deactivates it.',
  unknown: 'What a deletion does is not known: treat it as final.',
}
const SESSIONS: Record<Facts['endsSessions'], string> = {
  yes: 'Deactivation signs the person out.',
  no: 'Sessions stay open: end them at the identity provider.',
  unknown: 'Whether open sessions end is not known: end them at the identity provider.',
}
const SEAT: Record<NonNullable<Facts['freesSeat']>, string> = {
  yes: 'Deactivation gives the seat back.',
  no: 'Deactivation does not give the seat back.',
  unknown: 'Whether deactivation gives the seat back is not known.',
}
const AUDIT: Record<Facts['audit'], string> = {
  none: 'Audit: none. The app has no log that can be read from outside; pull_audit shows what this server did.',
  administrators:
    'Audit: what administrators did in the console. It does not contain what users did or their sign-ins.',
  users: 'Audit: what people and administrators did.',
}

const enforced = ({ propagationMinutes: minutes }: Facts): string =>
  minutes === undefined
    ? 'How long a change takes to be enforced is not documented.'
    : `A change can take ${minutes} minutes to be enforced everywhere.`

const FACTS: readonly ((facts: Facts) => string)[] = [
  ({ deactivate }) => DEACTIVATION[deactivate],
  (facts) => DELETION[facts.delete],
  ({ endsSessions }) => SESSIONS[endsSessions],
  ({ freesSeat = 'unknown' }) => SEAT[freesSeat],
  enforced,
  ({ audit }) => AUDIT[audit],
]

function aboutText({ title, about = [] }: Vendor, tenants: readonly Tenant[]): string {
  const lines = [
    ...FACTS.flatMap((sentence) => sentencesOf(tenants, sentence)),
    ...tenants.flatMap((tenant) =>
      caveatsIn(tenant).map((text) => `${tenant.name} (${tenant.title}): ${text}`),
    ),
    ...about,
  ]
  return `# ${title}\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`
}

/** One sentence if it is true of all tenants; otherwise one for each group of tenants. */
function sentencesOf(tenants: readonly Tenant[], sentence: (facts: Facts) => string): string[] {
  const byLine = new Map<string, string[]>()
  for (const { name, facts } of tenants) {
    const line = sentence(facts)
    byLine.set(line, [...(byLine.get(line) ?? []), name])
  }
  if (byLine.size === 1) return [...byLine.keys()]
  return [...byLine].map(([line, names]) => `${namesOf(names)}: ${line}`)
}

const namesOf = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`

function setupText({ name, title: app }: Tenant, idp: Idp, guide: SetupGuide): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`)
  const steps = guide.steps.flatMap(({ do: text, fields = [] }, index) => [
    `${index + 1}. ${text}`,
    ...fields.map(({ label, value }) => `   - ${label}: \`${value}\``),
  ])
  const sections: [title: string, lines: readonly string[]][] = [
    ['Before you start', list(guide.first)],
    ['Tokens', list(guide.tokens.map((token) => `**${token.name}**: ${token.made}`))],
    ['Steps', steps],
    ['Attributes', list(guide.attributes.map((one) => `\`${one.name}\`: ${one.means}`))],
    ['Caveats', list(guide.caveats)],
    ['Sources', list(guide.sources)],
  ]
  return [
    `# ${IDP_TITLES[idp]} provisions ${app} (tenant ${name})`,
    ...sections.map(([title, lines]) => `## ${title}\n\n${lines.join('\n')}`),
    '',
  ].join('\n\n')
}
