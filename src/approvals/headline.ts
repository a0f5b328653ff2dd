import { kinds } from '../changes/index.ts'
import type { BriefedAccount, BriefedChange, Briefing, Words } from '../domain/briefing.ts'
import { fold, inQuotes } from '../text/text.ts'

/** Most characters of a name in a headline. The page has the whole name below. */
const MAX_NAME_LENGTH = 80

/** Who, what, in which direction and where: "Take 20 people out of "Marketing" in Slack". */
export function headline({ changes, run }: Briefing): Words {
  if (run) {
    const { people, person, operations, places } = run
    const who: Words = [
      person === undefined ? (people === 1 ? '1 person' : `${people} people`) : { theirs: person },
    ]
    const [operation, ...others] = operations
    const what: Words =
      operation && others.length === 0
        ? kinds[operation].headline({ accounts: [], who: () => who })
        : ['Change accounts of ', ...who]
    return [...what, ` in ${whereIn(places)}`]
  }
  const told = changesTold(changes)
  const [first, ...others] = told
  if (!first) return ['No change']
  const people = owners(told)
  const who = (accounts: readonly BriefedAccount[]): Words => {
    const [one = '', ...others] = new Set(accounts.map((account) => people.get(account) ?? ''))
    const [{ name, userName = one } = {}] = accounts
    return [others.length === 0 ? { theirs: name ?? userName } : `${others.length + 1} people`]
  }
  const accounts = told.flatMap((change) => change.accounts)
  const isAlike = ({ operation, group }: BriefedChange) =>
    operation === first.operation && group?.name === first.group?.name
  const what = others.every(isAlike)
    ? kinds[first.operation].headline({ accounts, who, ...(first.group && { group: first.group }) })
    : [`Make ${told.length} changes to `, ...who(accounts)]
  return [...what, ` in ${whereIn(told)}`]
}

/** Whose access ends anyway is not told that the sessions end, too. */
export function changesTold(changes: readonly BriefedChange[]): readonly BriefedChange[] {
  const others = changes.filter(({ operation }) => operation !== 'endSessions')
  return others.length > 0 ? others : changes
}

/** The app; for several, how many there are. */
function whereIn(places: readonly { app: string; tenant: string }[]): string {
  const tenants = new Set(places.map(({ tenant }) => tenant)).size
  const [app = '', ...more] = new Set(places.map((place) => place.app))
  if (tenants === 1) return app
  return more.length === 0 ? `${tenants} tenants of ${app}` : `${tenants} apps`
}

/**
 * Who each account belongs to: the email, or else the user name. Two accounts of one tenant are two people, even if they share
 * an email.
 */
function owners(changes: readonly BriefedChange[]): ReadonlyMap<BriefedAccount, string> {
  const taken = new Map<string, string>()
  const all = new Map<BriefedAccount, string>()
  for (const { tenant, accounts } of changes) {
    for (const account of accounts) {
      const { email, userName, id = userName } = account
      const person = fold(email ?? userName)
      const key = JSON.stringify([tenant, person])
      const holder = taken.get(key) ?? id
      taken.set(key, holder)
      all.set(account, holder === id ? person : fold(userName))
    }
  }
  return all
}

/** An account of the only person that these changes concern. */
export function onePerson(changes: readonly BriefedChange[]): BriefedAccount | undefined {
  const people = owners(changes)
  return new Set(people.values()).size === 1 ? [...people.keys()][0] : undefined
}

/** Names as they are shown in a headline. */
export const inHeadline = (theirs: string): string => inQuotes(theirs, MAX_NAME_LENGTH)

/** A headline as plain text. */
export const plainHeadline = (words: Words): string =>
  words.map((word) => (typeof word === 'string' ? word : inHeadline(word.theirs))).join('')
