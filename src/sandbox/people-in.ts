import { makePeople, type Person, TEAMS, type Team } from './people.ts'

const SHARED_PEOPLE = 250

/** How the accounts of one app differ from those of the others. `place` is the position in the list of people. */
interface Differences {
  /** Whether the person has no account in this app. */
  absent(place: number): boolean
  /** The places of extra people, who have an account only in this app. */
  extraPlaces: readonly number[]
  /** Whether the user name has a different letter case. */
  swapsCase(place: number): boolean
  /** Whether the account stays active though the person has left. */
  lingers(place: number): boolean
  /** Whether the identity provider does not manage the account. */
  unmanaged(place: number): boolean
}

const NO_DIFFERENCES: Differences = {
  absent: () => false,
  extraPlaces: [],
  swapsCase: () => false,
  lingers: () => false,
  unmanaged: () => false,
}

const WELL_KNOWN_PEOPLE = 6

const DIFFERENCES = {
  gainsight: {
    absent: (place) => place >= WELL_KNOWN_PEOPLE && place % 10 === 7,
    extraPlaces: [SHARED_PEOPLE, SHARED_PEOPLE + 1, SHARED_PEOPLE + 2],
    swapsCase: (place) => place % 10 === 3,
    lingers: (place) => place % 2 === 0,
    unmanaged: (place) => place % 25 === 19,
  },
  mindtickle: {
    absent: (place) => place >= WELL_KNOWN_PEOPLE && (place % 10 === 7 || place % 10 === 4),
    extraPlaces: [SHARED_PEOPLE + 3, SHARED_PEOPLE + 4],
    swapsCase: (place) => place % 10 === 8,
    lingers: () => false,
    unmanaged: (place) => place % 5 === 2,
  },
  scim: NO_DIFFERENCES,
  okta: NO_DIFFERENCES,
  entra: NO_DIFFERENCES,
  google: NO_DIFFERENCES,
} as const satisfies Record<string, Differences>

/** A person with an account in one app. The identity provider does not manage every account. */
export type AccountHolder = Omit<Person, 'externalId'> & { externalId?: string }

/**
 * The people of an app: most of the shared ones, and a few extra. Ada Lovelace is in every app under the same name.
 */
export function peopleIn(app: keyof typeof DIFFERENCES): AccountHolder[] {
  const { absent, extraPlaces, swapsCase, lingers, unmanaged }: Differences = DIFFERENCES[app]
  return makePeople(SHARED_PEOPLE + 5).flatMap((person, place) => {
    if (place < SHARED_PEOPLE ? absent(place) : !extraPlaces.includes(place)) return []
    const { externalId, ...rest } = person
    const active = person.active || (place >= WELL_KNOWN_PEOPLE && lingers(place))
    const userName = swapsCase(place) ? swapCase(person.userName) : person.userName
    return [{ ...rest, userName, active, ...(!unmanaged(place) && { externalId }) }]
  })
}

/** Changes `ada.park@example.com` to `Ada.Park@Example.com`, and the reverse. */
const swapCase = (name: string) =>
  name === name.toLowerCase()
    ? name.replace(/(^|[.@])[a-z](?!om$)/g, (start) => start.toUpperCase())
    : name.toLowerCase()

/** The groups of the apps other than Netskope, plus one for everyone. */
export const TEAMS_AND_ALL: readonly Team[] = [...TEAMS, { name: 'Everyone', has: () => true }]
