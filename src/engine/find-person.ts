import type { Account } from '../domain/account.ts'
import { correlate, emailsOf, matchedBy, sharedKeys } from '../domain/correlate.ts'
import { hiddenIn } from '../domain/facts.ts'
import { comparable } from '../domain/same.ts'
import type { IdentityError } from '../errors.ts'
import { sameText } from '../text/text.ts'
import type { Ask } from './ask.ts'
import type { Tenant } from './tenants.ts'

/** What one tenant has of a person. Without accounts and without a gap, the person is absent there, on evidence. */
export interface PersonAt {
  tenant: Tenant
  /** Each with `matchedBy`. */
  accounts: readonly Account[]
  /** Why there may be others. */
  gap?: IdentityError
  /** How they were found, if not by what was asked: by what an account elsewhere has. */
  linkedTo?: Account
  /** How old what they were looked up in is, of a copy. */
  note?: string
}

/** Whom the app does not show, for somebody who was not found in it; undefined if nobody is known to be hidden. */
export const hiddenAt = ({ tenant, accounts, gap }: PersonAt): string | undefined =>
  accounts.length === 0 && !gap ? hiddenIn(tenant.facts) : undefined

/**
 * Looks a person up, and then once more where nobody was found: by what the accounts that were found have, since one
 * person can have another user name in each app.
 */
export async function findPerson(
  ask: Ask,
  user: string,
  tenants: readonly string[] | undefined,
): Promise<PersonAt[]> {
  const first = (await ask.each('findAccounts', tenants, { user })).map((answered): PersonAt => {
    const { tenant } = answered
    if ('error' in answered) return { tenant, accounts: [], gap: answered.error }
    const found = answered.answer.accounts.map((account) => ({
      ...account,
      matchedBy: matchedBy(account, user),
    }))
    return { ...answered.answer, tenant, accounts: found }
  })
  const known = first.flatMap(({ accounts }) => accounts)
  const keys = keysOf(known).filter((key) => !sameText(key, user))
  // Two people share what was asked for: neither of them tells where the other is.
  if (keys.length === 0 || correlate(known).length > 1) return first
  return Promise.all(
    first.map((place) =>
      place.accounts.length > 0 || place.gap ? place : lookAgain(ask, place.tenant, keys, known),
    ),
  )
}

/** Keys worth a second look, in order of how surely they are one person's. */
const MAX_KEYS = 10

const keysOf = (accounts: readonly Account[]): string[] => {
  const keys = [
    ...accounts.map(({ externalId }) => externalId),
    ...accounts.flatMap(emailsOf),
    ...accounts.map(({ userName }) => userName),
  ].filter((key) => key !== undefined)
  const different = new Map<string, string>()
  for (const key of keys) if (!different.has(comparable(key))) different.set(comparable(key), key)
  return [...different.values()].slice(0, MAX_KEYS)
}

async function lookAgain(
  ask: Ask,
  tenant: Tenant,
  [user = '', ...also]: readonly string[],
  known: readonly Account[],
): Promise<PersonAt> {
  const [answered] = await ask.each('findAccounts', [tenant.name], { user, also })
  if (!answered || 'error' in answered)
    return { tenant, accounts: [], ...(answered && { gap: answered.error }) }
  const { accounts } = answered.answer
  // The surest key that finds somebody.
  for (const key of [user, ...also]) {
    const linked = accounts.flatMap((account) => {
      const other = known.find((one) => sharedKeys(account, one).length > 0)
      const isFound = other && matchedBy(account, key).length > 0
      return isFound ? [{ account: { ...account, matchedBy: sharedKeys(account, other) }, other }] : []
    })
    const [one] = linked
    if (one) {
      const found = linked.map(({ account }) => account)
      return { ...answered.answer, tenant, accounts: found, linkedTo: one.other }
    }
  }
  return { ...answered.answer, tenant, accounts: [] }
}

/** Looks somebody up as people write it, `"Ada Lovelace" <ada@example.com>` or a name too; names give candidates. */
export async function searchPerson(
  ask: Ask,
  user: string,
  tenants: readonly string[] | undefined,
): Promise<PersonAt[]> {
  const who = addressIn(user) ?? user
  const places = await findPerson(ask, who, tenants)
  return NAME.test(who) ? byName(ask, who, places) : places
}

/** Words and no digits: what people call each other, and few user names or ids. */
const NAME = /^[\p{L}\p{M}.,'’ -]+$/u

/**
 * The address of `"Ada Lovelace" <ada@example.com>` (RFC 5322 §3.4), of a link `mailto:ada@example.com` (RFC 6068), and of
 * `<mailto:ada@example.com|ada@example.com>`, as chats write it (api.slack.com/reference/surfaces/formatting).
 */
const addressIn = (user: string): string | undefined =>
  /^(?:[^<>]*<(?:mailto:)?|mailto:)([^<>@\s|?]+@[^<>@\s|?]+)(?:\|[^<>]*)?>?$/i.exec(user)?.[1]

/** The same places, with candidates where nobody has the name as an identifier: it may be what somebody is called. */
async function byName(ask: Ask, name: string, places: readonly PersonAt[]): Promise<PersonAt[]> {
  const absent = places
    .filter(({ accounts, gap }) => accounts.length === 0 && !gap)
    .map(({ tenant }) => tenant.name)
  const candidates = absent.length > 0 ? await findByName(ask, name, absent) : []
  return places.map((place) => candidates.find(({ tenant }) => tenant.name === place.tenant.name) ?? place)
}

/** Looks a name up where nobody has it as an identifier. What it finds are candidates. */
async function findByName(ask: Ask, name: string, tenants: readonly string[]): Promise<PersonAt[]> {
  const answers = await ask.each('findByName', tenants, { name })
  return answers.map((answered): PersonAt => {
    const { tenant } = answered
    if ('error' in answered) return { tenant, accounts: [], gap: answered.error }
    const { accounts } = answered.answer
    return {
      ...answered.answer,
      tenant,
      accounts: accounts.map((account) => ({ ...account, matchedBy: ['name'] })),
    }
  })
}
