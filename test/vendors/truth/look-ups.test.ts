// @module-tag long

import fc from 'fast-check'
import { test } from 'vitest'
import { checkList, checkLookUp, checkRead, type Simulated } from './claims.ts'
import { entra } from './entra.ts'
import { services, users } from './gainsight.ts'
import { google } from './google.ts'
import { okta } from './okta.ts'
import { anyName } from './people.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 25)

const anyMatch = fc.oneof(
  fc.constant({}),
  anyName.map((userName) => ({ userName })),
  anyName.map((email) => ({ email })),
  anyName.map((externalId) => ({ externalId })),
  fc.constantFrom<'active' | 'inactive'>('active', 'inactive').map((status) => ({ status })),
)

test.each<Pick<Simulated<never>, 'name' | 'cases'>>([okta, entra, google, services, users])(
  'what is said of who is in $name is so, whatever the app does',
  async ({ cases }) => {
    const anyAsk = fc.record({
      names: fc.array(anyName, { minLength: 1, maxLength: 3 }),
      alone: anyName,
      match: anyMatch,
      limit: fc.constantFrom(1, 2, 5, 200),
    })
    await fc.assert(
      fc.asyncProperty(cases, anyAsk, async (given, { names, alone, match, limit }) => {
        await using app = await given.open()
        await checkLookUp(app, [alone])
        await checkLookUp(app, names)
        const [{ id } = { id: '00unobody' }] = given.people
        await checkLookUp(app, [id])
        await checkRead(app, id)
        await checkList(app, match, limit)
      }),
      { numRuns: RUNS },
    )
  },
)
