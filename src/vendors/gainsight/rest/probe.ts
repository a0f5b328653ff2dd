import type { AppProbe, RequestContext } from '../../../domain/operations.ts'
import type { ScimUser } from '../../scim/read.ts'
import { rowsPerPage } from '../../scim/scan-budget.ts'
import { type SearchCost, searchCost } from '../../scim/search-cost.ts'
import type { Dialect } from './dialect.ts'
import { type DialectName, dialectIn, dialectNamed, noRestApi, PROBES, tryDialect } from './find-dialect.ts'
import { namesIn } from './records.ts'
import type { RestApp } from './request.ts'
import { bySearch, searches } from './search.ts'

const PATHS: Record<DialectName, string> = { services: '/v1/users/services', users: '/v1/users' }

/** Finds out which of the REST APIs a tenant has, and what its list of users is like, with reads only. */
export async function probeRest(
  app: RestApp,
  readIn: (dialect: Dialect, row: unknown) => ScimUser | undefined,
  context: RequestContext,
): Promise<AppProbe> {
  const { memory, client, settings } = app
  const { pageSize, restDialect } = settings
  const findings: AppProbe['findings'] = []
  const there: DialectName[] = []
  const costs = new Map<DialectName, SearchCost | undefined>()
  let hasGroups = false
  for (const { name, request } of PROBES) {
    const about = PATHS[name]
    if (!(await tryDialect(app, request, context)).isThere) {
      findings.push({ about, found: 'is not there' })
      continue
    }
    there.push(name)
    const dialect = dialectNamed(app, name)
    const page = await dialect.page({ page: 0, size: pageSize }, context)
    const first = 'rows' in page ? page : { rows: [] }
    const { rows, total } = first
    findings.push({
      about,
      found: `answers with ${total ?? 'an unknown number of'} users; a page of ${pageSize} brings ${rows.length}`,
    })
    const read = (row: unknown) => readIn(dialect, row)
    // Without a name, it only shows whether the app searches.
    await bySearch(
      { dialect, memory, pageSize, read },
      [],
      { fetch: async () => first, found: new Map() },
      context,
    )
    const reading = { ...settings, pageSize: rowsPerPage(first, pageSize), paying: client.paying }
    if ((await searches(memory, name)) === false) costs.set(name, searchCost(reading, total))
    hasGroups ||= name === 'users' && rows.some(namesIn)
  }
  const [first] = there
  if (first === undefined) throw noRestApi()
  const better = hasGroups
    ? 'users'
    : restDialect !== 'auto' && !there.includes(restDialect)
      ? first
      : undefined
  const spoken = restDialect === 'auto' ? ((await dialectIn(memory)) ?? first) : restDialect
  const cost = costs.get(spoken)
  return {
    ok: true,
    findings: [
      ...findings,
      ...(cost ? [{ about: 'looking up', found: cost.words }] : []),
      { about: 'groups', found: hasGroups ? GROUPS : 'no record of a user tells any' },
      { about: 'configuration', found: NO_CONFIGURATION },
      { about: 'not tried', found: 'what changes do: see the documentation of Gainsight' },
    ],
    proposes: better !== undefined && better !== restDialect ? { restDialect: better } : {},
    unserved: cost?.fits === 'never' ? [`looking up: ${cost.words}`] : [],
  }
}

const GROUPS = 'names on the records of users, which `restDialect: "users"` serves'

const NO_CONFIGURATION =
  'ServiceProviderConfig belongs to SCIM: it is read once this tenant has a token for SCIM (`tokens.scim`)'
