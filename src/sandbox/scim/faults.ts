import { type Incoming, isObject, parseJson, type Reply } from '../exchange.ts'
import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { uuidOf } from '../people.ts'
import { errorReply } from './reply.ts'
import { ScimError } from './schema.ts'

const isScim = ({ path }: Incoming) => /\/(Users|Groups|ServiceProviderConfig)(\/|$)/.test(path)
const isUsers = ({ path }: Incoming) => /\/Users(\/|$)/.test(path)
const isGroups = ({ path }: Incoming) => /\/Groups(\/|$)/.test(path)
const isPatch = ({ method }: Incoming) => method === 'PATCH'
const isRead = (incoming: Incoming) => incoming.method === 'GET' && isScim(incoming)
const hasFilter = (incoming: Incoming) => isRead(incoming) && incoming.query.has('filter')

const refuse = (status: number, detail: string, scimType?: string): Reply =>
  errorReply(new ScimError(status, detail, scimType), 'application/json')

/** What real SCIM services were seen to do besides what RFC 7644 says. */
export const SCIM_FAULTS = {
  'patch-unsupported': {
    about: 'Refuses every PATCH with status 405 (or 501, if told).',
    when: isPatch,
    status: 405,
    act: (_, __, { status }) => refuse(status, 'PATCH is not supported'),
  },
  'patch-path-only': {
    about: 'Refuses a PATCH whose operations bear no path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path === undefined),
    act: () => refuse(400, 'Every operation needs a path', 'invalidPath'),
  },
  'patch-pathless-only': {
    about: 'Refuses a PATCH whose operations bear a path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path !== undefined),
    act: () => refuse(400, 'No operation may bear a path', 'invalidPath'),
  },
  'patch-status-object': {
    about: 'Answers a PATCH 200 {"status":"204","description":…}.',
    when: isPatch,
    async act(incoming, run) {
      const outcome = await run(incoming)
      if (typeof outcome === 'string' || outcome.status >= 300) return outcome
      return { status: 200, body: { status: '204', description: 'PATCH Completed' } }
    },
  },
  'patch-ignored': {
    about: 'Answers a PATCH 204 and changes nothing.',
    when: isPatch,
    act: () => ({ status: 204 }),
  },
  'filter-ignored': {
    about: 'Ignores filters: a list holds every row.',
    when: hasFilter,
    act: (incoming, run) => run(without(incoming, 'filter')),
  },
  'filter-refused': {
    about: 'Refuses every filter with 400 invalidFilter.',
    when: hasFilter,
    act: () => refuse(400, 'Filter is not valid', 'invalidFilter'),
  },
  'paging-ignored': {
    about: 'Ignores startIndex: every page is the first one.',
    when: isRead,
    act: (incoming, run) => run(without(incoming, 'startIndex')),
  },
  eventual: {
    about: 'Reads show a write only ms later.',
    when: isRead,
    ms: 500,
    act: (incoming, run, { ms }) => run({ ...incoming, asOf: incoming.at - ms }),
  },
  'sso-inactive': {
    about: 'Answers 400 (or 500, if told): SSO is not configured.',
    when: isScim,
    status: 400,
    act: (_, __, { status }) => refuse(status, 'SSO is not configured for this tenant'),
  },
  'string-booleans': {
    about: 'Says active as the text "True" or "False".',
    when: isUsers,
    act: async (incoming, run) =>
      change(await run(incoming), (body) =>
        eachRecord(body, ({ active, ...user }) => ({
          ...user,
          ...(active !== undefined && { active: active ? 'True' : 'False' }),
        })),
      ),
  },
  'members-hidden': {
    about: 'Leaves members out of groups even when they are asked for.',
    when: isGroups,
    act: async (incoming, run) =>
      change(await run(incoming), (body) => eachRecord(body, ({ members: _, ...group }) => group)),
  },
  'duplicate-user': {
    about: 'Lists a second user: the same name in other letter case.',
    when: (incoming) => isUsers(incoming) && isRead(incoming),
    act: async (incoming, run) => change(await run(incoming), doubled),
  },
  'echo-token': {
    about: 'Sends the token back, in names and in error texts.',
    act: async (incoming, run) =>
      change(await run(incoming), (body) =>
        eachRecord(body, (one) => echoing(one, incoming.presented ?? '')),
      ),
  },
} satisfies Record<string, FaultKind>

const without = (incoming: Incoming, name: string): Incoming => {
  const query = new URLSearchParams(incoming.query)
  query.delete(name)
  return { ...incoming, query }
}

function operationsOf({ text }: Incoming): Record<string, unknown>[] {
  const body = parseJson(text)
  return isObject(body) && Array.isArray(body.Operations) ? body.Operations.filter(isObject) : []
}

/** The body with each record of it altered: the rows of a list, or the one it is. */
function eachRecord(body: unknown, alter: (record: Record<string, unknown>) => unknown): unknown {
  if (!isObject(body)) return body
  return Array.isArray(body.Resources)
    ? { ...body, Resources: body.Resources.map((row) => (isObject(row) ? alter(row) : row)) }
    : alter(body)
}

function doubled(body: unknown): unknown {
  if (!isObject(body) || !Array.isArray(body.Resources) || Number(body.startIndex) > 1) return body
  const [first, ...others]: unknown[] = body.Resources
  if (!isObject(first)) return body
  const twin = { ...first, id: uuidOf(`twin of ${first.id}`), userName: String(first.userName).toUpperCase() }
  return {
    ...body,
    totalResults: Number(body.totalResults) + 1,
    itemsPerPage: others.length + 2,
    Resources: [first, twin, ...others],
  }
}

const NAMES = ['displayName', 'title', 'detail', 'message']

function echoing(record: Record<string, unknown>, token: string): Record<string, unknown> {
  const told = Object.entries(record).map(([key, value]) => [
    key,
    NAMES.includes(key) ? `${value} ${token}` : value,
  ])
  const user = 'userName' in record && {
    displayName: `Account of ${token}`,
    name: { givenName: token, familyName: token },
  }
  return { ...Object.fromEntries(told), ...user }
}
