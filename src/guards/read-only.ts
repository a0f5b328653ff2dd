import { ReadOnly } from '../errors.ts'
import { type CallGuard, tenantsNamed } from './call.ts'

/** Where changes are not allowed, lets through only tools that declare that they read, or that they reach no app. */
export const readOnly = (policy: { everywhere: boolean; at: (tenant: string) => boolean }): CallGuard =>
  async function readOnly(call, next) {
    if (call.tool.effect === 'reads' || call.tool.local) return next(call)
    if (policy.everywhere) {
      throw new ReadOnly(
        `${call.tool.name} changes data and this server is read-only.`,
        'Ask the person who runs it.',
      )
    }
    const tenant = tenantsNamed(call).find(policy.at)
    if (tenant !== undefined) {
      throw new ReadOnly(`The tenant ${tenant} is read-only.`, 'Ask the person who runs this server.', {
        tenant,
      })
    }
    return next(call)
  }
