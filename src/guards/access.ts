import { type Grant, holds, scopeOf } from '../domain/scopes.ts'
import { Forbidden, Unsupported } from '../errors.ts'
import { type CallGuard, effectOf, tenantsNamed } from './call.ts'

/** Lets a call through only with a tool that its caller may use and to tenants that exist for it. */
export const access = (policy: {
  /** Throws `UnknownTenant`, alike for a tenant that is not there and for one that the caller may not see. */
  mustExist: (tenant: string, grant: Grant) => unknown
  isOffered: (tool: string, grant: Grant) => boolean
}): CallGuard =>
  async function access(call, next) {
    const { tool, grant } = call
    const scope = scopeOf({ effect: effectOf(call), needs: tool.needs })
    if (!holds(grant, scope)) {
      throw new Forbidden(
        `${tool.name} needs the scope ${scope}, which this caller does not have.`,
        'Leave it at that, or have the person who runs this server allow it.',
      )
    }
    for (const tenant of tenantsNamed(call)) policy.mustExist(tenant, grant)
    if (!policy.isOffered(tool.name, grant)) {
      throw new Unsupported(
        `No connected tenant can serve ${tool.name}.`,
        'list_tenants says what each tenant can do.',
      )
    }
    return next(call)
  }
