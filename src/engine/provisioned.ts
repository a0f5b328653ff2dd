import type { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import { sharedKeys } from '../domain/correlate.ts'
import type { Assignment } from '../domain/operations.ts'
import { named } from '../domain/quoting.ts'
import { sameId } from '../domain/same.ts'
import { IdentityError } from '../errors.ts'
import { inQuotes } from '../text/text.ts'
import type { Ask } from './ask.ts'
import type { Tenant } from './tenants.ts'

/** A plan about more accounts is not looked up at the source: each costs a few requests there. */
const MOST_LOOKED_UP = 5

/** How a source of people provisions an account elsewhere. */
export interface Provisioning {
  /** Whom it provisions the account for. */
  person: Account
  /** The app of the source that does it; absent where only the external id tells. */
  through?: Assignment
}

/**
 * How a source provisions an account, by what it knows of people: `known`. Identity providers give an account their own id
 * as external id (RFC 7643 §3.1), or the id of the HR system that they have as external id themselves. Where the settings
 * join the tenant to an app of the source, the assignment of that app tells, too. Nobody is guessed: not if two people there
 * could be meant, nor if the source says that its app has another account for the person.
 */
export async function provisioningOf(
  account: Account,
  source: Tenant,
  known: readonly Account[],
  ask: Ask,
): Promise<Provisioning | undefined> {
  const { externalId, tenant } = account
  const origin =
    externalId === undefined
      ? undefined
      : known.find((one) => sameId(one.id, externalId) || sameId(one.externalId, externalId))
  const alike = origin ? [origin] : known.filter((one) => sharedKeys(account, one).length > 0)
  const [person = origin, ...others] = alike
  const app = appFor(source, tenant)
  if (!person || others.length > 0 || app === undefined) return origin && { person: origin }
  const through = await ask.one(source.name, 'readAssignment', { id: person.id, app })
  const isThisAccount = through?.accountId === undefined || sameId(through.accountId, account.id)
  if (through && isThisAccount && through.writes !== false) return { person, through }
  return origin && { person: origin }
}

/** The app of a source that provisions a tenant; undefined if the settings name none, or assignments cannot be read. */
const appFor = ({ settings: { provisions = {} }, offers }: Tenant, tenant: string): string | undefined =>
  Object.hasOwn(provisions, tenant) && offers('readAssignment') ? provisions[tenant] : undefined

/** ` through its app "Netskope", which a group brings` */
export function throughApp({ through }: Provisioning): string {
  if (!through) return ''
  const { app, byGroup, writes } = through
  return [
    app === undefined ? ' through its app' : ` through its app ${inQuotes(app)}`,
    byGroup ? ', which a group there brings' : '',
    writes === undefined ? ' (if provisioning is on, which is not known)' : '',
  ].join('')
}

/** What a change of a provisioned account is worth, and which of the two to change. */
export const writtenBack = ({ through }: Provisioning): string =>
  `it can write back what is changed here, so make a lasting change there${through ? ': in the profile, or by the assignment of the app' : ''}`

/**
 * Which accounts of a plan a source of people provisions, so that a change made here may be written back, in sentences. A
 * source where the same plan changes the person too is not named.
 */
export async function provisionedFrom(changes: readonly Change[], ask: Ask): Promise<string[]> {
  const sources = ask.tenants.all.filter(
    ({ name, settings, offers }) =>
      // An export writes nothing anywhere.
      settings.source &&
      settings.file === undefined &&
      offers('findAccounts') &&
      changes.every(({ tenant }) => tenant !== name),
  )
  const isSource = (tenant: string) => ask.tenants.get(tenant).settings.source === true
  const accounts = new Map(
    changes
      .flatMap(({ accounts }) => accounts)
      .map((account) => [`${account.tenant}/${account.id}`, account]),
  )
  if (sources.length === 0 || accounts.size > MOST_LOOKED_UP) return []
  const looked = [...accounts.values()].flatMap((account) =>
    isSource(account.tenant) ? [] : sources.map((source) => toldOf(account, source, ask)),
  )
  return inSentences((await Promise.all(looked)).flat())
}

/** What is told of an account, in the parts of a sentence: one person in four apps is one sentence. */
interface Told {
  begins: string
  tenant: string
  ends: string
}

function inSentences(all: readonly Told[]): string[] {
  const sameAs = (one: Told) => (other: Told) => other.begins === one.begins && other.ends === one.ends
  return all
    .filter((one, at) => all.findIndex(sameAs(one)) === at)
    .map((one) => {
      const tenants = all.filter(sameAs(one)).map(({ tenant }) => tenant)
      return `${one.begins} in ${tenants.join(', ')}${one.ends}`
    })
}

async function toldOf(account: Account, source: Tenant, ask: Ask): Promise<Told[]> {
  const [user, ...also] = namesAt(source, account)
  if (user === undefined) return []
  const { tenant } = account
  try {
    const { accounts: known } = await ask.one(source.name, 'findAccounts', { user, also })
    const found = await provisioningOf(account, source, known, ask)
    return found
      ? [
          {
            begins: `${source.name} provisions ${named(account)}`,
            tenant,
            ends: `, as ${named(found.person)}${throughApp(found)}: ${writtenBack(found)}.`,
          },
        ]
      : []
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    const ends = ` is not known: ${error.message}`
    return [{ begins: `Whether ${source.name} provisions ${named(account)}`, tenant, ends }]
  }
}

/** By what the person of an account is looked up at a source: other names than the external id only lead to an assignment. */
function namesAt(source: Tenant, { externalId, userName, email, tenant }: Account): string[] {
  const names = appFor(source, tenant) === undefined ? [externalId] : [externalId, userName, email]
  return [...new Set(names.filter((name) => name !== undefined))]
}
