import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IdentityError } from '../../../src/errors.ts'
import { context, serveCanned } from '../../support/canned.ts'
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
          const sure = people.filter((person) => surelyBears(person, name)).map(({ id }) => id)
          const found = await operations
            .findAccounts({ user: name }, context())
            .catch((error: unknown) => error)
          if (found instanceof IdentityError) {
            expect(found.code).toMatch(/^(bad_reply|refused|unsupported)$/)
            continue
          }
          const { accounts, gap } = found as Awaited<ReturnType<typeof operations.findAccounts>>
          const ids = accounts.map(({ id }) => id)
          expect(meant).toEqual(expect.arrayContaining(ids))
          if (!gap) expect(ids).toEqual(expect.arrayContaining(sure))
        }
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) },
  )
})
