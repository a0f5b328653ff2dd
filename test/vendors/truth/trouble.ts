import fc from 'fast-check'
import type { CannedReply } from '../../support/canned.ts'

/** What can come in place of one answer: from the app, or from what stands between. */
const REPLIES = {
  'internal error': { status: 500, body: { message: 'oops' } },
  'not there': { status: 503, raw: '' },
  'too many': { status: 429, headers: { 'retry-after': '1' }, body: {} },
  'a web page': { raw: '<html>sign in</html>', headers: { 'content-type': 'text/html' } },
  'a web page of nothing': { status: 404, raw: '<html>nothing here</html>' },
  'no route': { status: 404, body: { message: 'no Route matched with those values' } },
  nothing: { status: 200, raw: '' },
  'no content': { status: 204, raw: '' },
  'an empty object': { status: 200, body: {} },
  'an empty list': { status: 200, body: [] },
  null: { status: 200, raw: 'null' },
  'a failure as success': { status: 200, body: { success: false, message: 'try later' } },
  'a closed connection': { drop: true },
} as const satisfies Record<string, CannedReply>

type Trouble = keyof typeof REPLIES
const KINDS = Object.keys(REPLIES) as Trouble[] // the object literal names its keys

/** In most runs none, else in place of one of the first answers. */
export const anyTrouble = fc.option(fc.record({ at: fc.nat({ max: 5 }), kind: fc.constantFrom(...KINDS) }), {
  nil: undefined,
  freq: 2,
})
export type AnyTrouble = typeof anyTrouble extends fc.Arbitrary<infer Value> ? Value : never

/** Answers with the trouble when its turn has come. */
export function troubled<Asked>(
  answer: (asked: Asked) => CannedReply,
  trouble: AnyTrouble,
  counts: (asked: Asked) => boolean = () => true,
): (asked: Asked) => CannedReply {
  let place = 0
  return (asked) => {
    if (!counts(asked)) return answer(asked)
    return place++ === trouble?.at ? REPLIES[trouble.kind] : answer(asked)
  }
}
