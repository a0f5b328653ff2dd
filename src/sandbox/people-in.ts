import { makePeople, type Person, TEAMS, type Team } from './people.ts'

const SHARED_PEOPLE = 250

/** How the people of one app differ from those of the others. */
interface Differences {
  /** Who has no account there, by position in the list. */
  without(place: number): boolean
  /** Extra people with an account only there. */
  alone: readonly number[]
  /** Whose user name has a different letter case. */
  respells(place: number): boolean
  /** Who is still active there after leaving elsewhere. */
  lingers(place: number): boolean
  /** Who is not managed by the identity provider there. */
  unmanaged(place: number): boolean
}

const ALIKE: Differences = {
  without: () => false,
  alone: [],
  respells: () => false,
  lingers: () => false,
  unmanaged: () => false,
}

const WELL_KNOWN_PEOPLE = 6

const DIFFERENCES = {
  gainsight: {
    without: (place) => place >= WELL_KNOWN_PEOPLE && place % 10 === 7,
    alone: [SHARED_PEOPLE, SHARED_PEOPLE + 1, SHARED_PEOPLE + 2],
    respells: (place) => place % 10 === 3,
    lingers: (place) => place % 2 === 0,
    unmanaged: (place) => place % 25 === 19,
  },
  mindtickle: {
    without: (place) => place >= WELL_KNOWN_PEOPLE && (place % 10 === 7 || place % 10 === 4),
    alone: [SHARED_PEOPLE + 3, SHARED_PEOPLE + 4],
    respells: (place) => place % 10 === 8,
    lingers: () => false,
    unmanaged: (place) => place % 5 === 2,
  },
  scim: ALIKE,
} as const satisfies Record<string, Differences>

/** A person with an account in one app, which the identity provider does not necessarily manage. */
export type AccountHolder = Omit<Person, 'externalId'> & { externalId?: string }

/**
 * The people of an app: most of the shared ones, and a few extra. Ada Lovelace is in every app under the same name.
 */
export function peopleIn(app: keyof typeof DIFFERENCES): AccountHolder[] {
  const { without, alone, respells, lingers, unmanaged }: Differences = DIFFERENCES[app]
  return makePeople(SHARED_PEOPLE + 5).flatMap((person, place) => {
    if (place < SHARED_PEOPLE ? without(place) : !alone.includes(place)) return []
    const { externalId, ...rest } = person
    const active = person.active || (place >= WELL_KNOWN_PEOPLE && lingers(place))
    const userName = respells(place) ? respelt(person.userName) : person.userName
    return [{ ...rest, userName, active, ...(!unmanaged(place) && { externalId }) }]
  })
}

/** `ada.park@example.com` as `Ada.Park@Example.com`, and the reverse. */
const respelt = (name: string) =>
  name === name.toLowerCase()
    ? name.replace(/(^|[.@])[a-z](?!om$)/g, (start) => start.toUpperCase())
    : name.toLowerCase()

/** The groups of the apps other than Netskope, with one for everybody. */
export const TEAMS_AND_ALL: readonly Team[] = [...TEAMS, { name: 'Everyone', has: () => true }]
