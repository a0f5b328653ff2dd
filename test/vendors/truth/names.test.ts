// @module-tag long

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Found } from '../../../src/domain/operations.ts'
import { IdentityError } from '../../../src/errors.ts'
import { context } from '../../support/canned.ts'
import type { Somebody } from '../../support/odd-directory/form.ts'
import { formOf } from '../../support/odd-directory/start.ts'
import { directoryAt, VENDOR_NAMES } from './directory-at.ts'
import { anyTrouble } from './trouble.ts'

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
const wordsIn = (...texts: (string | undefined)[]) =>
  texts.flatMap((text = '') => plain(text).match(/[a-z]+/g) ?? [])

const anyName = fc.record({
  given: fc.constantFrom('Ada', 'José', 'Mary Ann', 'Bo'),
  family: fc.constantFrom('Lovelace', 'de la Cruz', 'Müller', 'Li'),
})
/** Where an app has the name. */
const anyShape = fc.constantFrom('both', 'both', 'full name', 'address')
const anyAsk = fc.constantFrom('as it is', 'the other way round', 'plain', 'given name', 'family name')

const asked = ({ given, family }: { given: string; family: string }, how: string): string => {
  if (how === 'given name') return given
  if (how === 'family name') return family
  if (how === 'the other way round') return `${family}, ${given}`
  return how === 'plain' ? plain(`${given} ${family}`) : `${given} ${family}`
}

test.each(VENDOR_NAMES)('nobody is called absent by the name whom %s has', async (name) => {
  const form = formOf(name)
  const personAs = ({ given, family }: { given: string; family: string }, shape: string, at: number) => {
    const local = wordsIn(given, family).join('.')
    const address = shape === 'address' ? `${local}@x.example` : `person${'x'.repeat(at)}@x.example`
    return {
      ...{ id: form.idOf(at + 1), userName: address, email: address, active: true },
      ...(shape === 'both' && { givenName: given, familyName: family }),
      fullName: shape === 'address' ? 'Some Body' : `${given} ${family}`,
    } satisfies Somebody
  }
  const anyPeople = fc.array(fc.tuple(anyName, anyShape), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(anyPeople, anyAsk, anyTrouble, async (chosen, how, trouble) => {
      // An empty list is how Okta says that there is nobody.
      fc.pre(!(name === 'okta' && trouble?.kind === 'an empty list'))
      const people = chosen.map(([one, shape], at) => personAs(one, shape, at))
      await using app = await directoryAt(name, people, trouble)
      const wanted = asked((chosen[0] as (typeof chosen)[number])[0], how)
      const found = await app.operations
        .findByName({ name: wanted }, context())
        .catch((error: unknown) => error)
      if (found instanceof IdentityError) return
      const { accounts, gap } = found as Found
      const isMeant = ({ givenName, familyName, fullName, email }: Somebody) => {
        const own = wordsIn(givenName, familyName, fullName, email.split('@')[0])
        return wordsIn(wanted).every((word) => own.includes(word))
      }
      const due = people.filter(isMeant)
      if (due.length > 0 && !gap) expect(accounts).not.toEqual([])
      expect(accounts.filter(({ id }) => !due.some((one) => one.id === id))).toEqual([])
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 25) },
  )
})
