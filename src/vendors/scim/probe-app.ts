import { randomUUID } from 'node:crypto'
import type { AppProbe, RequestContext } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { IdentityError } from '../../errors.ts'
import { plainText } from '../../text/text.ts'
import { refusesFilter } from '../http/classify.ts'
import type { ApiRequest } from '../http/client.ts'
import { asBoolean, asId, asList, asNumber, asText, definedOnly, field } from '../http/values.ts'
import type { FilterState, LearnedCapabilities } from './capabilities.ts'
import { eq, spelling } from './filter.ts'
import { testFilters } from './filter-tests.ts'
import { toUser } from './read.ts'
import { readList } from './read-list.ts'
import { ask, listRefusal, type ScimApp } from './request.ts'

/** The result of one probe. `learned` is what later requests can use. */
interface Finding {
  found: string
  learned?: LearnedCapabilities
  proposes?: AppProbe['proposes']
}

/** Finds out what an app can do, with reads only, and keeps the useful results. Throws if the app does not answer. */
export async function probeApp(app: ScimApp, context: RequestContext): Promise<AppProbe> {
  const heard = new Set<string>()
  const listening: ScimApp = {
    ...app,
    client: {
      async send(request, context) {
        const reply = await app.client.send(request, context)
        for (const name of Object.keys(reply.headers)) if (RATE_HEADER.test(name)) heard.add(name)
        return reply
      },
    },
  }
  const page = await firstPage(listening, context)
  const rows = page?.rows ?? []
  const tried: [string, Finding | Finding[]][] = [
    ['configuration', await configuration(listening, context)],
    // Observed behaviour overrides declared configuration, so it comes later.
    ['users', page ? usersIn(app, page) : { found: 'cannot be listed without a filter' }],
    ['paging', await paging(listening, rows, context)],
    ['filter', await filtering(listening, rows, context)],
    ...(page ? [['other filters', await otherFilters(listening, context)] as [string, Finding]] : []),
    ['groups', await groups(listening, context)],
    ['resource types', await listedNames(listening, '/ResourceTypes', 'name', context)],
    ['schemas', await listedNames(listening, '/Schemas', 'id', context)],
    [
      'rate limit',
      { found: heard.size > 0 ? `announced in ${[...heard].join(', ')}` : 'not announced in any header' },
    ],
  ]
  const findings = tried.flatMap(([about, some]) => [some].flat().map((one) => ({ about, ...one })))
  const learned: LearnedCapabilities = Object.assign({}, ...findings.map((one) => one.learned ?? {}))
  const proposes: AppProbe['proposes'] = Object.assign({}, ...findings.map((one) => one.proposes ?? {}))
  await app.known?.note(learned)
  return { ok: true, findings: findings.map(({ about, found }) => ({ about, found })), proposes }
}

const RATE_HEADER = /^(retry-after|(x-)?rate-?limit.*)$/

interface UsersPage {
  rows: readonly unknown[]
  total?: number
}

/** Undefined if the app requires a filter for every list (imulab/go-scim#12). */
async function firstPage(app: ScimApp, context: RequestContext): Promise<UsersPage | undefined> {
  const list = await readList(app, 'Users', { startIndex: 1, count: app.settings.pageSize }, context)
  if (!('failure' in list)) return list
  if (list.failure.scimType === 'invalidFilter') return undefined
  throw await listRefusal(app, list.failure, 'Users', context)
}

function usersIn({ settings: { pageSize } }: ScimApp, { rows, total }: UsersPage): Finding[] {
  const value = total === undefined ? 'without a total' : `of ${total}`
  // Too few rows do not show whether they are a full page.
  const clamped = rows.length >= 10 && rows.length < pageSize && total !== undefined && total > rows.length
  return [
    { found: `can be listed; the app sent ${rows.length} ${value}` },
    ...(clamped
      ? [
          {
            found: `at most ${rows.length} per request, although ${pageSize} were requested`,
            learned: { pageMaximum: rows.length },
            proposes: { pageSize: rows.length },
          },
        ]
      : []),
  ]
}

async function paging(app: ScimApp, rows: UsersPage['rows'], context: RequestContext): Promise<Finding> {
  const second = asId(field(rows[1], 'id'))
  if (second === undefined) return { found: 'unknown: too few users' }
  const list = await readList(app, 'Users', { startIndex: 2, count: 1 }, context)
  if ('failure' in list) return { found: 'refused a request for only the second user' }
  const [first] = list.rows
  if (asId(field(first, 'id')) !== second) {
    return { found: 'startIndex is ignored: only the first page of a long list can be read' }
  }
  return { found: list.rows.length === 1 ? 'honoured' : 'startIndex works, count does not' }
}

async function filtering(app: ScimApp, rows: UsersPage['rows'], context: RequestContext): Promise<Finding> {
  const look = (userName: string) =>
    readList(
      app,
      'Users',
      { filter: eq(spelling(app.settings, 'userName') || 'userName', userName).text },
      context,
    )
  const nobody = await look(`${randomUUID()}@example.invalid`)
  if ('failure' in nobody) {
    if (!refusesFilter(nobody.failure)) return { found: 'unknown: the app answered with an error' }
    return {
      found: 'refused; finding a person reads the whole list',
      learned: { filters: { userName: 'refused' } },
    }
  }
  const known = rows.map((row) => toUser(app, row)).find((user) => user !== undefined)
  const ignored: Finding = {
    found: 'ignored: it returns other people too, so finding a person reads the whole list',
    learned: { filters: { userName: 'ignored' } },
  }
  if (nobody.rows.length > 0) return ignored
  if (!known)
    return { found: 'returns nobody for an unknown person; without users nothing more can be tested' }
  const somebody = await look(known.userName)
  const fits =
    !('failure' in somebody) &&
    somebody.rows.some((row) => sameUserName(toUser(app, row)?.userName, known.userName))
  if (fits) return { found: 'honoured', learned: { filters: { userName: 'honoured' } } }
  return {
    found: 'does not return existing people, so finding a person reads the whole list',
    learned: { filters: { userName: 'ignored' } },
  }
}

/** What the app does with filters by the other names of a person, and with several joined by `or`. */
async function otherFilters(app: ScimApp, context: RequestContext): Promise<Finding> {
  await testFilters(app, context)
  const { filters = {}, or } = app.known?.now ?? {}
  const states = [filters['emails.value'], filters.externalId, or] as const
  const [email, externalId, joined] = states.map((state) => (state ? FILTER_STATES[state] : 'not tested'))
  return { found: `by email ${email}, by external id ${externalId}, several joined by or ${joined}` }
}

const FILTER_STATES: Readonly<Record<FilterState, string>> = {
  honoured: 'honoured',
  ignored: 'ignored',
  refused: 'refused',
  unborne: 'not tested: nobody has one',
}

async function groups(app: ScimApp, context: RequestContext): Promise<Finding> {
  const list = await readList(app, 'Groups', { startIndex: 1, count: 1 }, context)
  if (!('failure' in list)) return { found: 'there', learned: { noGroups: false } }
  const { status, scimType } = list.failure
  if (scimType === 'invalidFilter') return { found: 'there; cannot be listed without a filter' }
  if ([404, 405, 501].includes(status)) return { found: 'none', learned: { noGroups: true } }
  return { found: status === 403 ? 'the token has no access' : 'unknown: the app answered with an error' }
}

/** RFC 7643 §5. A missing value means unknown, not unsupported. */
async function configuration(app: ScimApp, context: RequestContext): Promise<Finding> {
  const body = await readBody(app, { path: '/ServiceProviderConfig' }, context)
  if (body === undefined) return { found: 'not available' }
  const supports = (name: string) => asBoolean(field(field(body, name), 'supported'))
  const words = ['patch', 'filter', 'etag', 'bulk', 'sort', 'changePassword'].flatMap((name) => {
    const value = supports(name)
    return value === undefined ? [] : [`${name} ${value ? 'yes' : 'no'}`]
  })
  const most = asNumber(field(field(body, 'filter'), 'maxResults'))
  const schemes = asList(field(body, 'authenticationSchemes')) ?? []
  const how = schemes.flatMap((scheme) => asText(field(scheme, 'type'), 64) ?? [])
  const found = [
    words.length > 0 ? words.join(', ') : 'nothing useful',
    ...(most ? [`at most ${most} results`] : []),
    ...(how.length > 0 ? [`tokens as ${how.join(', ')}`] : []),
  ].join('; ')
  const { pageSize } = app.settings
  return {
    found,
    learned: {
      etag: supports('etag') === true,
      ...definedOnly({ patch: supports('patch') }),
      ...(most && most < pageSize && { pageMaximum: most }),
    },
    proposes: {
      ...(supports('patch') === false && { patchStrategy: 'put' }),
      ...(most && most !== pageSize && { pageSize: Math.min(most, 1_000) }),
    },
  }
}

async function listedNames(
  app: ScimApp,
  path: string,
  key: string,
  context: RequestContext,
): Promise<Finding> {
  const body = await readBody(app, { path }, context)
  const rows = asList(field(body, 'Resources')) ?? asList(body) ?? []
  const value = rows.flatMap((row) => asText(field(row, key), 128) ?? [])
  return { found: value.length > 0 ? plainText(value.join(', '), 600) : 'not available' }
}

/** The body of an answer; undefined on a failure. */
async function readBody(app: ScimApp, request: ApiRequest, context: RequestContext): Promise<unknown> {
  try {
    const answer = await ask(app, request, context)
    return answer.ok ? answer.body : undefined
  } catch (error) {
    // One failed probe must not hide the others.
    if (error instanceof IdentityError && error.code !== 'rate_limited') return undefined
    throw error
  }
}
