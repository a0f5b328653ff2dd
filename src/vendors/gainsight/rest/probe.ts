import type { AppProbe, RequestContext } from '../../../domain/operations.ts'
import { type DialectName, dialectNamed, noRestApi, PROBES, tryDialect } from './find-dialect.ts'
import { namesIn } from './records.ts'
import type { RestApp } from './request.ts'

const PATHS: Record<DialectName, string> = { services: '/v1/users/services', users: '/v1/users' }

/** Finds out which of the REST APIs a tenant has, and what its list of users is like, with reads only. */
export async function probeRest(app: RestApp, context: RequestContext): Promise<AppProbe> {
  const { pageSize, restDialect } = app.settings
  const findings: AppProbe['findings'] = []
  const there: DialectName[] = []
  let hasGroups = false
  for (const { name, request } of PROBES) {
    const about = PATHS[name]
    if (!(await tryDialect(app, request, context)).isThere) {
      findings.push({ about, found: 'is not there' })
      continue
    }
    there.push(name)
    const page = await dialectNamed(app, name).page({ page: 0, size: pageSize }, context)
    const { rows, total } = 'rows' in page ? page : { rows: [] }
    findings.push({
      about,
      found: `answers with ${total ?? 'an unknown number of'} users; a page of ${pageSize} brings ${rows.length}`,
    })
    hasGroups ||= name === 'users' && rows.some(namesIn)
  }
  const [first] = there
  if (first === undefined) throw noRestApi()
  const better = hasGroups
    ? 'users'
    : restDialect !== 'auto' && !there.includes(restDialect)
      ? first
      : undefined
  return {
    ok: true,
    findings: [
      ...findings,
      { about: 'groups', found: hasGroups ? GROUPS : 'no record of a user tells any' },
      { about: 'configuration', found: NO_CONFIGURATION },
      { about: 'not tried', found: 'what changes do: see the documentation of Gainsight' },
    ],
    proposes: better !== undefined && better !== restDialect ? { restDialect: better } : {},
    unserved: [],
  }
}

const GROUPS = 'names on the records of users, which `restDialect: "users"` serves'

const NO_CONFIGURATION =
  'ServiceProviderConfig belongs to SCIM: it is read once this tenant has a token for SCIM (`tokens.scim`)'
