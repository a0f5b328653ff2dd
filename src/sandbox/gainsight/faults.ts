import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { type Incoming, isObject, parseJson } from '../http-types.ts'
import { shownAs } from '../scim/fault-parts.ts'
import { GAINSIGHT } from './account.ts'
import { type Code, failure, GainsightError } from './envelope.ts'
import { LIST } from './services-dialect.ts'
import { isOauthPath, isScimPath } from './tokens.ts'

const isRest = ({ path }: Incoming) => path.startsWith('/v1/users') && !isScimPath(path) && !isOauthPath(path)
const isServicesList = ({ path }: Incoming) => path === LIST
const isTokenRequest = ({ path }: Incoming) => isOauthPath(path)

const askedIn = ({ text }: Incoming) => {
  const asked = parseJson(text)
  return isObject(asked) ? asked : {}
}

const failureReply = (code: Code, status: number) => failure(new GainsightError(code, undefined, { status }))

/** A fault that changes the answer to an empty list. */
const emptyList = (about: string, status: number, body?: object): FaultKind => ({
  about,
  when: isServicesList,
  async act(incoming, run) {
    const outcome = await run(incoming)
    const isEmpty =
      typeof outcome === 'object' && isObject(outcome.body) && outcome.body.errorCode === 'GSOBJ_1011'
    if (!isEmpty) return outcome
    return body ? { status, body } : failureReply('GSOBJ_1011', status)
  },
})

/** Deviations that are specific to Gainsight, or on which its sources disagree. */
export const GAINSIGHT_FAULTS = {
  'result-false': {
    about: 'REST answers 200 with {"result":false,…} (GU_1101) inside.',
    when: isRest,
    act: () => failureReply('GU_1101', 200),
  },
  'rate-in-200': {
    about: 'REST answers 200 with {"result":false,…} (GU_2400) inside.',
    front: true,
    when: isRest,
    act: () => failureReply('GU_2400', 200),
  },
  'auth-fails-400': {
    about: 'REST refuses a wrong key with 400 (GSOBJ_1024), not 401.',
    front: true,
    when: isRest,
    async act(incoming, run) {
      const outcome = await run(incoming)
      return typeof outcome === 'object' && outcome.status === 401 ? failureReply('GSOBJ_1024', 400) : outcome
    },
  },
  'no-data-200': emptyList('An empty list is 200 with {"result":false,…} inside.', 200),
  'no-data-rows': emptyList('An empty list is 200 with no records.', 200, {
    result: true,
    data: { records: [] },
  }),
  'search-ignored': {
    about: 'Ignores the search of a list: it contains every row.',
    when: isServicesList,
    act: (incoming, run) =>
      run({ ...incoming, text: JSON.stringify({ ...askedIn(incoming), where: undefined }) }),
  },
  'search-refused': {
    about: 'Refuses to search a list with 400.',
    when: (incoming) => isServicesList(incoming) && askedIn(incoming).where !== undefined,
    act: () => failureReply('GU_2409', 400),
  },
  'batch-by-record': {
    about: 'A batch returns success or failure for each record.',
    when: (incoming) => isRest(incoming) && !isServicesList(incoming),
    act: async (incoming, run) => change(await run(incoming), (body) => byRecord(body)),
  },
  'text-super-admin': shownAs('Returns IsSuperAdmin as the text "true" or "false".', (user) =>
    isObject(user[GAINSIGHT])
      ? { ...user, [GAINSIGHT]: { ...user[GAINSIGHT], IsSuperAdmin: String(user[GAINSIGHT].IsSuperAdmin) } }
      : user,
  ),
  'token-refused': {
    about: 'Refuses to issue tokens with 401 (or another, if set).',
    front: true,
    when: isTokenRequest,
    status: 401,
    act: (_, __, { status }) => failureReply('GS_APIG_2401', status),
  },
  'token-no-expiry': {
    about: 'Issues tokens without their lifetime.',
    when: isTokenRequest,
    act: async (incoming, run) =>
      change(await run(incoming), (body) => (isObject(body) ? { ...body, expires_in: undefined } : body)),
  },
  'token-text-expiry': {
    about: 'Returns the lifetime of a token as text.',
    when: isTokenRequest,
    act: async (incoming, run) =>
      change(await run(incoming), (body) =>
        isObject(body) ? { ...body, expires_in: String(body.expires_in) } : body,
      ),
  },
} satisfies Record<string, FaultKind>

function byRecord(body: unknown): unknown {
  if (!isObject(body) || !isObject(body.data) || typeof body.data.count !== 'number') return body
  const errors = Array.isArray(body.data.errors) ? body.data.errors.filter(isObject) : []
  const records = Array.from({ length: body.data.count + errors.length }, (_, index) => {
    const error = errors.find((one) => one.index === index)
    return error
      ? { success: false, errorCode: error.errorCode, errorDesc: error.errorDesc }
      : { success: true }
  })
  return { ...body, data: { records } }
}
