import { expect, test } from 'vitest'
import type { OperationName, RequestContext } from '../../../src/domain/operations.ts'
import type { IdentityError } from '../../../src/errors.ts'
import corpus from '../../fixtures/scim-corpus.json' with { type: 'json' }
import { type CannedReply, context, serveCanned } from '../../support/canned.ts'
import { scimAt } from './scim-at.ts'

/** What others' servers and the RFCs answer, and what is made of it. */
interface Case {
  from: string
  title: string
  /** By method and path; a body may be the name of one in `bodies`. */
  replies: Record<string, CannedReply>
  call: OperationName
  ask: unknown
  /** What the call resolves to, to the last field; of a note, that there is one. Left out for nothing. */
  answer?: unknown
  /** Or the code of the error that it rejects with. */
  error?: string
  /** The requests that were sent for it. */
  asked: string[]
}

// JSON has no types that are this narrow.
const cases = corpus.cases as unknown as Case[]
const bodies: Readonly<Record<string, unknown>> = corpus.bodies

const NOT_SERVED: CannedReply = { status: 404, raw: '<html>no such page</html>' }

test.each(cases)('$from: $title', async ({ replies, call, ask, answer, error, asked }) => {
  await using app = await serveCanned(({ method, path }) => {
    const { body, ...reply } = replies[`${method} ${path}`] ?? NOT_SERVED
    if (body === undefined) return reply
    return { ...reply, body: typeof body === 'string' ? bodies[body] : body }
  })
  const operations = scimAt(app.url, { pageSize: 100 }) as unknown as Record<
    OperationName,
    (ask: unknown, context: RequestContext) => Promise<unknown> // the ask stands beside the name of the call
  >
  const outcome: object = await operations[call](ask, context()).then(
    (answer) => ({ answer }),
    (error: IdentityError) => ({ error: error.code }),
  )
  const sent = app.asked.map(({ method, path }) => `${method} ${path}`)
  expect({ ...wordless(outcome), asked: sent }).toEqual({ answer, error, asked })
})

const wordless = (outcome: object): object =>
  JSON.parse(
    JSON.stringify(outcome, (key, value: unknown) =>
      key === 'note' ? true : key === 'behind' ? undefined : value,
    ),
  )
