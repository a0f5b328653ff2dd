import { type Grant, holds, scopeOf } from '../domain/scopes.ts'
import { Forbidden, Unsupported } from '../errors.ts'
import { type CallGuard, effectOf, tenantsNamed } from './call.ts'

/** Lets a call through only if its caller can use the tool and can see the tenants. */
export const access = (policy: {
  /** Throws `UnknownTenant`, whether the tenant does not exist or the caller cannot see it. */
  mustExist: (tenant: string, grant: Grant) => unknown
  canSeeTenants: (grant: Grant) => boolean
  /** Whether a tenant that the caller can see supports the tool. The guard `readOnly` says where it is not allowed. */
  isSupported: (tool: string, grant: Grant) => boolean
}): CallGuard =>
  async function access(call, next) {
    const { tool, grant } = call
    const scope = scopeOf({ effect: effectOf(call), scope: tool.scope })
    if (!holds(grant, scope)) {
      throw new Forbidden(
        `${tool.name} needs the scope ${scope}, which this caller does not have.`,
        'Stop here, or ask the person who runs this server to grant it.',
      )
    }
    for (const tenant of tenantsNamed(call)) policy.mustExist(tenant, grant)
    if (!policy.canSeeTenants(grant)) {
      throw new Unsupported(
        'There is no tenant that this caller can use.',
        'Stop here, or ask the person who runs this server to connect one or to grant it.',
      )
    }
    if (!policy.isSupported(tool.name, grant)) {
      throw new Unsupported(
        `No connected tenant supports ${tool.name}.`,
        'list_tenants shows what each tenant can do.',
      )
    }
    return next(call)
  }
