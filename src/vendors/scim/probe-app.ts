import { isDeepStrictEqual } from 'node:util'
import type { AppProbe, RequestContext } from '../../domain/operations.ts'
import { plainText } from '../../text/text.ts'
import { collect } from '../http/collect.ts'
import { asId, asList, asText, field } from '../http/values.ts'
import type { LearnedCapabilities } from './capabilities.ts'
import { learnedFrom, readBody, readConfig } from './config.ts'
import { canBeGiven, needsIn } from './create-needs.ts'
import { listing } from './listing.ts'
import { type Finding, filtering, groupFilter, otherFilters } from './probe-filters.ts'
import { merged } from './profiles/merged.ts'
import { readRow } from './read.ts'
import { canFilter, readList } from './read-list.ts'
import { listRefusal, type ScimApp } from './request.ts'
import { searchCost } from './search-cost.ts'

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
  const schemas = await readBody(listening, { path: '/Schemas' }, context)
  const tried: [string, Finding | Finding[]][] = [
    ['configuration', await configuration(listening, context)],
    // Observed behaviour overrides declared configuration, so it comes later.
    ['users', page ? usersIn(app, page) : { found: 'cannot be listed without a filter' }],
    ['paging', await paging(listening, rows, context)],
    ['filter', await filtering(listening, rows, context)],
    ...(page ? [['other filters', await otherFilters(listening, rows, context)] as [string, Finding]] : []),
    ['groups', await groups(listening, context)],
    ['group filter', await groupFilter(listening, context)],
    ['new accounts', newAccounts(listening, schemas)],
    ['resource types', namesIn(await readBody(listening, { path: '/ResourceTypes' }, context), 'name')],
    ['schemas', namesIn(schemas, 'id')],
    [
      'rate limit',
      { found: heard.size > 0 ? `announced in ${[...heard].join(', ')}` : 'not announced in any header' },
    ],
    ['not tried', { found: UNTRIED }],
  ]
  const findings = tried.flatMap(([about, some]) => [some].flat().map((one) => ({ about, ...one })))
  const learned: LearnedCapabilities = Object.assign({}, ...findings.map((one) => one.learned ?? {}))
  await app.known?.note(learned)
  const reading = { ...app.settings, paying: app.client.paying }
  const cost = canFilter(app, 'userName') ? undefined : searchCost(reading, page?.total)
  const proposes = findings.reduce<AppProbe['proposes']>((all, one) => merged(all, one.proposes ?? {}), {})
  return {
    ok: true,
    findings: [
      ...findings.map(({ about, found }) => ({ about, found })),
      ...(cost ? [{ about: 'looking up', found: cost.words }] : []),
    ],
    proposes: differing(app, proposes),
    unserved: [
      ...findings.flatMap(({ about, found, isUnserved }) => (isUnserved ? [`${about}: ${found}`] : [])),
      ...(cost?.fits === 'never' ? [`looking up: ${cost.words}`] : []),
    ],
  }
}

/** What only a write would show. */
const UNTRIED =
  'whom the app hides, what switching off and deleting do, and how much it takes in one change: see its documentation'

/** The proposals that the settings of the tenant do not have yet. Other vendors have fewer settings. */
function differing({ settings, isGeneric }: ScimApp, proposes: AppProbe['proposes']): AppProbe['proposes'] {
  const now = settings as unknown as Readonly<Record<string, unknown>> // compared with what is proposed, key by key
  return Object.fromEntries(
    Object.entries(proposes).filter(
      ([name, value]) =>
        (isGeneric || ['pageSize', 'patchStrategy'].includes(name)) && !isDeepStrictEqual(now[name], value),
    ),
  )
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

/** Reads the first users two pages long, as lists are read: the app may page by cursor, or send everybody. */
async function pagingOtherwise(
  app: ScimApp,
  rows: UsersPage['rows'],
  context: RequestContext,
): Promise<Finding> {
  const pageSize = Math.max(1, Math.floor(rows.length / 2))
  const small = { ...app, settings: { ...app.settings, pageSize } }
  const pages = listing(small, 'Users', {}, context)
  const read = await collect({
    async fetch(start, cursor) {
      const list = await pages(start, cursor)
      if ('failure' in list) throw await listRefusal(app, list.failure, 'Users', context)
      return list
    },
    read: (row) => readRow(app, row),
    pageSize,
    maxPages: 2,
    limit: Number.POSITIVE_INFINITY,
  })
  if (!read.complete && !read.next)
    return {
      found: 'startIndex is ignored: only the first page of a long list can be read',
      isUnserved: true,
    }
  const byCursor = app.known?.now.paging === 'cursor' || read.next?.cursor !== undefined
  return {
    found: byCursor ? 'by cursor (RFC 9865)' : 'startIndex is ignored, but the rest is sent all the same',
  }
}

async function paging(app: ScimApp, rows: UsersPage['rows'], context: RequestContext): Promise<Finding> {
  const second = asId(field(rows[1], 'id'))
  if (second === undefined) return { found: 'unknown: too few users' }
  const list = await readList(app, 'Users', { startIndex: 2, count: 1 }, context)
  const [first] = 'failure' in list ? [] : list.rows
  if (!('failure' in list) && asId(field(first, 'id')) === second)
    return { found: list.rows.length === 1 ? 'honoured' : 'startIndex works, count does not' }
  return pagingOtherwise(app, rows, context)
}

async function groups(app: ScimApp, context: RequestContext): Promise<Finding> {
  const list = await readList(app, 'Groups', { startIndex: 1, count: 1 }, context)
  if (!('failure' in list)) return { found: 'there', learned: { noGroups: false } }
  const { status, scimType } = list.failure
  if (scimType === 'invalidFilter') return { found: 'there; cannot be listed without a filter' }
  if ([404, 405, 501].includes(status)) return { found: 'none', learned: { noGroups: true } }
  return {
    found: status === 403 ? 'the token has no access' : 'unknown: the app answered with an error',
    isUnserved: true,
  }
}

/** What an app says of itself. A missing value means unknown, not unsupported. */
async function configuration(app: ScimApp, context: RequestContext): Promise<Finding> {
  const config = await readConfig(app, context)
  if (!config) return { found: 'not available' }
  const { supports, pages, most, schemes } = config
  const words = Object.entries(supports).map(([name, value]) => `${name} ${value ? 'yes' : 'no'}`)
  const ways = Object.entries(pages).flatMap(([name, value]) => (value ? [name] : []))
  const found = [
    words.length > 0 ? words.join(', ') : 'nothing useful',
    ...(ways.length > 0 ? [`pages by ${ways.join(' or ')}`] : []),
    ...(most ? [`at most ${most} results`] : []),
    ...(schemes.length > 0 ? [`tokens as ${schemes.join(', ')}`] : []),
  ].join('; ')
  const { pageSize } = app.settings
  return {
    found,
    learned: learnedFrom(config, pageSize),
    proposes: {
      ...(supports.patch === false && { patchStrategy: 'put' }),
      ...(most && most !== pageSize && { pageSize: Math.min(most, 1_000) }),
    },
  }
}

/** What a new account must have, by the app's schemas. */
function newAccounts(app: ScimApp, schemas: unknown): Finding {
  const { createNeeds } = app.settings
  const needs = schemas === undefined ? undefined : needsIn(schemas)
  if (!needs) return { found: 'the app does not tell what they need' }
  const missing = needs.filter((name) => !canBeGiven(app, name))
  if (missing.length > 0) {
    return {
      found: `need ${needs.join(', ')}; ${missing.join(', ')} cannot be set here, so none can be made`,
      isUnserved: true,
    }
  }
  const differs = createNeeds !== undefined && needs.some((name) => !createNeeds.includes(name))
  return {
    found: needs.length > 0 ? `need ${needs.join(', ')}` : 'need nothing in particular',
    ...(differs && { proposes: { createNeeds: [...new Set([...createNeeds, ...needs])] } }),
  }
}

function namesIn(body: unknown, key: string): Finding {
  const rows = asList(field(body, 'Resources')) ?? asList(body) ?? []
  const value = rows.flatMap((row) => asText(field(row, key), 128) ?? [])
  return { found: value.length > 0 ? plainText(value.join(', '), 600) : 'not available' }
}
