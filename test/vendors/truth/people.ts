import fc from 'fast-check'

/** Somebody in a simulated app, as all apps have it; each brings it into records of its own. */
export interface Person {
  id: string
  userName: string
  emails: string[]
  externalId?: string | undefined
  /** An id that is not the external id, by which the app finds somebody all the same. */
  otherId?: string | undefined
  active: boolean
  /** How the index, which answers searches, differs from the record. */
  index: 'as it is' | 'old status' | 'not yet' | 'old names' | 'gone'
}

const WORDS = ['ana', 'Bo', 'jos\u00e9', "o'hara", 'eve+x', 'd\u00fc']
const ADDRESSES = WORDS.flatMap((word) => [`${word}@example.com`, `${word}.x@example.org`])
const EXTERNAL_IDS = ['E1', 'e2', '1001', 'ana', 'bo@example.com']

/** As it is typed: in other letters, in the other form of an accent, with a blank. */
const typed = (name: fc.Arbitrary<string>) =>
  fc
    .tuple(name, fc.constantFrom('as it is', 'as it is', 'as it is', 'upper', 'lower', 'nfd', 'blank'))
    .map(([text, form]) => {
      if (form === 'upper') return text.toUpperCase()
      if (form === 'lower') return text.toLowerCase()
      if (form === 'nfd') return text.normalize('NFD')
      return form === 'blank' ? ` ${text}` : text
    })

/** What somebody may be asked for by, besides ids. */
export const anyName = typed(fc.constantFrom(...ADDRESSES, ...ADDRESSES, ...WORDS, ...EXTERNAL_IDS))

/** In the form to compare it in: letter case, the form of accents and blanks do not count. */
export const folded = (text: string): string => text.normalize('NFC').toLowerCase().trim()

const stored = fc
  .tuple(fc.constantFrom(...ADDRESSES), fc.constantFrom('as it is', 'as it is', 'as it is', 'nfd', 'upper'))
  .map(([text, form]) =>
    form === 'nfd' ? text.normalize('NFD') : form === 'upper' ? text.toUpperCase() : text,
  )

const isOnce = (names: readonly (string | undefined)[]) => {
  const told = names.flatMap((name) => (name === undefined ? [] : folded(name)))
  return new Set(told).size === told.length
}

/** People of whom no two have the same user name or external id; emails can be shared. */
export const peopleWith = (idOf: (index: number) => string): fc.Arbitrary<Person[]> =>
  fc
    .array(
      fc.record({
        userName: stored,
        emails: fc.uniqueArray(stored, { maxLength: 3, selector: folded }),
        externalId: fc.option(fc.constantFrom(...EXTERNAL_IDS), { nil: undefined }),
        active: fc.boolean(),
        index: fc.constantFrom<Person['index'][]>(
          ...(['as it is', 'as it is', 'as it is', 'as it is', 'as it is'] as const),
          ...(['old status', 'not yet', 'old names', 'gone'] as const),
        ),
      }),
      { maxLength: 7 },
    )
    .filter(
      (people) =>
        isOnce(people.map(({ userName }) => userName)) && isOnce(people.map(({ externalId }) => externalId)),
    )
    .map((people) => people.map((person, index) => ({ ...person, id: idOf(index) })))

/** Who really has an account. */
export const existing = (people: readonly Person[]): Person[] =>
  people.filter(({ index }) => index !== 'gone')

/** What the index has of everybody. */
export const indexed = (people: readonly Person[]): Person[] =>
  people.flatMap((person) => {
    if (person.index === 'not yet') return []
    if (person.index === 'old status') return { ...person, active: !person.active }
    if (person.index !== 'old names') return person
    const old = `old.${person.id}@example.com`
    return { ...person, userName: old, emails: [old, ...person.emails.slice(1)] }
  })

export const bears = ({ id, userName, emails, externalId, otherId }: Person, name: string): boolean =>
  [id, userName, externalId, otherId, ...emails].some(
    (one) => one !== undefined && folded(one) === folded(name),
  )
