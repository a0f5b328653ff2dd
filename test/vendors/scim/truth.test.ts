import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Match } from '../../../src/domain/operations.ts'
import { IdentityError } from '../../../src/errors.ts'
import { sameText } from '../../../src/text/text.ts'
import { context, serveCanned } from '../../support/canned.ts'
import { checkList } from '../truth/claims.ts'
import { answersOf, anyApp, anyName, type Person } from './any-app.ts'
import { scimAt } from './scim-at.ts'

const bears = ({ id, userName, externalId, emails }: Person, name: string): boolean =>
  [id, userName, externalId, ...emails].some((one) => one?.toLowerCase() === name.toLowerCase())

/** Ids and external ids are exact (RFC 7643 §3.1): whoever has another one by letter case may be found, and need not be. */
const surelyBears = ({ id, userName, externalId, emails }: Person, name: string): boolean =>
  id === name || externalId === name || bears({ id: '', userName, emails }, name)

test('whoever bears a name is found, or it is said that not all could be looked up, whatever the app does', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyApp,
      fc.array(anyName, { minLength: 1, maxLength: 3 }),
      async ({ people, habits }, names) => {
        await using app = await serveCanned(answersOf(people, habits))
        const operations = scimAt(app.url, { pageSize: habits.pageSize })
        // A 404 is all that an app can say of an id.
        const asked = names.filter(
          (name) => habits.byId === 'answers' || people.every(({ id }) => id !== name),
        )
        for (const name of asked) {
          const meant = people.filter((person) => bears(person, name)).map(({ id }) => id)
          const found = await operations
            .findAccounts({ user: name }, context())
            .catch((error: unknown) => error)
          if (found instanceof IdentityError) {
            expect(found.code).toMatch(/^(bad_reply|refused|unsupported)$/)
            continue
          }
          const { accounts, gap } = found as Awaited<ReturnType<typeof operations.findAccounts>>
          const ids = accounts.map(({ id }) => id)
          // Where somebody is found and external ids are no addresses, one that is one is not looked for in a long list.
          const isFarFetched = habits.externalIds === 'one address' && name.includes('@') && ids.length > 0
          expect(meant).toEqual(expect.arrayContaining(ids))
          const sure = people
            .filter((person) =>
              surelyBears(isFarFetched ? { ...person, externalId: undefined } : person, name),
            )
            .map(({ id }) => id)
          if (!gap) expect(ids).toEqual(expect.arrayContaining(sure))
        }
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
  )
})

const anyMatch: fc.Arbitrary<Match> = fc.oneof(
  fc.constant({}),
  anyName.map((userName) => ({ userName })),
  anyName.map((email) => ({ email })),
  anyName.map((externalId) => ({ externalId })),
  fc.constantFrom<'active' | 'inactive'>('active', 'inactive').map((status) => ({ status })),
)

test('a list of whoever fits is whole where it is called complete, whatever the app does', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyApp,
      fc.array(anyMatch, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(1, 2, 5, 200),
      async ({ people, habits }, matches, limit) => {
        await using app = await serveCanned(answersOf(people, habits))
        const operations = scimAt(app.url, { pageSize: habits.pageSize })
        const there = people.map((person) => ({ ...person, active: true, index: 'as it is' as const }))
        const served = { operations, people: there, isBehind: () => false, listsFromIndex: false }
        // External ids are exact: whoever has another one by letter case may be found, and need not be.
        const isExact = ({ externalId }: Match) =>
          people.every((one) => one.externalId === externalId || !sameText(one.externalId, externalId))
        // Nothing shows that a filter looks at first emails alone where nobody on the first page has several.
        const isShown = ({ email }: Match) =>
          email === undefined ||
          habits.filters['emails.value'] !== 'first value' ||
          people.slice(0, habits.pageSize).some(({ emails }) => emails.length > 1)
        for (const match of matches.filter((one) => isExact(one) && isShown(one)))
          await checkList(served, match, limit)
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
  )
})
