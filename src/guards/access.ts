import { Unsupported } from '../errors.ts'
import { type CallGuard, tenantsNamed } from './call.ts'

/** Lets a call through only to tenants that exist and with a tool that one of them can serve. */
export const access = (policy: {
  /** Throws `UnknownTenant`. */
  mustExist: (tenant: string) => unknown
  isOffered: (tool: string) => boolean
}): CallGuard =>
  async function access(call, next) {
    for (const tenant of tenantsNamed(call)) policy.mustExist(tenant)
    if (!policy.isOffered(call.tool.name)) {
      throw new Unsupported(
        `No connected tenant can serve ${call.tool.name}.`,
        'list_tenants says what each tenant can do.',
      )
    }
    return next(call)
  }
