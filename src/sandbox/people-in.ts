import { makePeople, type Person, TEAMS, type Team } from './people.ts'

const SHARED = 250

/** In how far one app's people are other ones than the next one's. */
interface Differences {
  /** Who has no account there, by their place among all. */
  without(place: number): boolean
  /** The people beyond the shared ones who have an account there alone. */
  alone: readonly number[]
  /** Whose user name is spelt in other letter case. */
  respells(place: number): boolean
  /** Who works on there though they have left elsewhere. */
  lingers(place: number): boolean
  /** Whom the identity provider does not manage there. */
  unmanaged(place: number): boolean
}

const ALIKE: Differences = {
  without: () => false,
  alone: [],
  respells: () => false,
  lingers: () => false,
  unmanaged: () => false,
}

const KNOWN_BY_NAME = 6

const DIFFERENCES = {
  gainsight: {
    without: (place) => place >= KNOWN_BY_NAME && place % 10 === 7,
    alone: [SHARED, SHARED + 1, SHARED + 2],
    respells: (place) => place % 10 === 3,
    lingers: (place) => place % 2 === 0,
    unmanaged: (place) => place % 25 === 19,
  },
  mindtickle: {
    without: (place) => place >= KNOWN_BY_NAME && (place % 10 === 7 || place % 10 === 4),
    alone: [SHARED + 3, SHARED + 4],
    respells: (place) => place % 10 === 8,
    lingers: () => false,
    unmanaged: (place) => place % 5 === 2,
  },
  scim: ALIKE,
} as const satisfies Record<string, Differences>

/** A person with an account in one app: the identity provider need not know of it. */
export type AccountHolder = Omit<Person, 'externalId'> & { externalId?: string }

/**
 * The people of that app: those whom all apps share, save some, and a few of its own. Ada Lovelace is in all of them,
 * under the same name.
 */
export function peopleIn(app: keyof typeof DIFFERENCES): AccountHolder[] {
  const { without, alone, respells, lingers, unmanaged }: Differences = DIFFERENCES[app]
  return makePeople(SHARED + 5).flatMap((person, place) => {
    if (place < SHARED ? without(place) : !alone.includes(place)) return []
    const { externalId, ...rest } = person
    const active = person.active || (place >= KNOWN_BY_NAME && lingers(place))
    const userName = respells(place) ? respelt(person.userName) : person.userName
    return [{ ...rest, userName, active, ...(!unmanaged(place) && { externalId }) }]
  })
}

/** `ada.park@example.com` as `Ada.Park@Example.com`, and the reverse. */
const respelt = (name: string) =>
  name === name.toLowerCase()
    ? name.replace(/(^|[.@])[a-z](?!om$)/g, (start) => start.toUpperCase())
    : name.toLowerCase()

/** The groups of an app other than Netskope: everybody is in one of them. */
export const TEAMS_AND_ALL: readonly Team[] = [...TEAMS, { name: 'Everyone', has: () => true }]
