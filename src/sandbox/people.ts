import { createHash } from 'node:crypto'

/** A made-up person. Every simulated app has accounts for the same people. */
export interface Person {
  userName: string
  email: string
  givenName: string
  familyName: string
  /** The id at the company's identity provider, the same in every app. */
  externalId: string
  department: string
  title: string
  active: boolean
}

const DEPARTMENTS = {
  Engineering: ['Software Engineer', 'Engineering Manager', 'Site Reliability Engineer'],
  Sales: ['Account Executive', 'Sales Engineer'],
  Support: ['Support Engineer', 'Customer Success Manager'],
  Marketing: ['Product Marketer', 'Content Writer'],
  Finance: ['Accountant', 'Analyst'],
  People: ['Recruiter', 'People Partner'],
  IT: ['Systems Administrator', 'Security Engineer'],
} as const
type Department = keyof typeof DEPARTMENTS

const GIVEN_NAMES =
  'Amara Bo Chiara Daniel Elena Farid Grete Hana Ivan Jun Kofi Lena Marek Nadia Omar Priya Quinn Rosa Sven Tariq Uma Victor Wen Ximena Yusuf Zoë Łukasz Siobhán'.split(
    ' ',
  )
const FAMILY_NAMES =
  "Abara Berg Castro Dubois Eriksen Ferrari Green Haddad Ito Jensen Kovács Lind Müller Nowak O'Brien Park Quist Ruiz Silva Tanaka Usman Virtanen Weber Xu Yılmaz Zhou".split(
    ' ',
  )

/** Accounts that examples and tests know by name. */
const WELL_KNOWN: readonly (Partial<Person> & Pick<Person, 'userName' | 'givenName' | 'familyName'>)[] = [
  { userName: 'ada@example.com', givenName: 'Ada', familyName: 'Lovelace' },
  { userName: 'grace@example.com', givenName: 'Grace', familyName: 'Hopper' },
  { userName: 'alan@example.com', givenName: 'Alan', familyName: 'Turing', active: false },
  // User names are case-insensitive (RFC 7643, 4.1.1), but their case is kept.
  { userName: 'Katherine.Johnson@Example.com', givenName: 'Katherine', familyName: 'Johnson' },
  { userName: 'breakglass@example.com', givenName: 'Break', familyName: 'Glass', department: 'IT' },
  { userName: 'sync@robots.example.com', givenName: 'Sync', familyName: 'Robot', department: 'IT' },
]

const peopleByCount = new Map<number, readonly Person[]>()

/** The same `count` people in the same order every time; the first is Ada Lovelace, ada@example.com. */
export function makePeople(count = 250): Person[] {
  const people = peopleByCount.get(count) ?? generatePeople(count)
  peopleByCount.set(count, people)
  return people.map((person) => ({ ...person }))
}

function generatePeople(count: number): Person[] {
  const random = seeded(1815)
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
  const people = WELL_KNOWN.slice(0, count).map((known) =>
    complete({ department: 'Engineering', title: 'Software Engineer', ...known }),
  )
  const taken = new Set(people.map(({ email }) => email))
  while (people.length < count) {
    const givenName = pick(GIVEN_NAMES)
    const familyName = pick(FAMILY_NAMES)
    const department = pick(Object.keys(DEPARTMENTS) as Department[]) // an object literal has no other keys
    const userName = freeAddress(`${plain(givenName)}.${plain(familyName)}`, taken)
    taken.add(userName)
    people.push(
      complete({
        userName,
        givenName,
        familyName,
        department,
        title: pick(DEPARTMENTS[department]),
        active: random() > 0.08,
      }),
    )
  }
  return people
}

const complete = (
  person: Partial<Person> & Pick<Person, 'userName' | 'givenName' | 'familyName'>,
): Person => ({
  email: person.userName.toLowerCase(),
  externalId: `idp-${digest(person.userName).slice(0, 6)}`,
  department: 'Engineering',
  title: '',
  active: true,
  ...person,
})

/** Two people can have the same name, but not the same address. */
function freeAddress(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const address = `${name}${number === 1 ? '' : number}@example.com`
    if (!taken.has(address)) return address
  }
}

/** ASCII letters for an address: ë is e, ł is l. */
const plain = (name: string) =>
  name
    .normalize('NFD')
    .replaceAll('Ł', 'L')
    .replaceAll('ı', 'i')
    .replace(/[^a-z]/gi, '')
    .toLowerCase()

export interface Team {
  name: string
  has(person: Person, place: number): boolean
}

/** The groups of a company: one for each department, and two across departments. */
export const TEAMS: readonly Team[] = [
  ...Object.keys(DEPARTMENTS).map((name) => ({ name, has: ({ department }: Person) => department === name })),
  { name: 'Contractors', has: (_, place) => place % 9 === 8 },
  { name: 'Remote access', has: ({ active }, place) => active && place % 3 === 0 },
]

/** A deterministic UUID for a text. */
export function uuidOf(text: string): string {
  const hex = digest(text)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** A seeded random number generator for [0, 1): mulberry32, which is in the public domain. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
