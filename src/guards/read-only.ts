import { ReadOnly } from '../errors.ts'
import { type CallGuard, tenantsNamed } from './call.ts'

/** Where nothing may be changed, lets through only the tools that declare they change nothing. */
export const readOnly = (policy: { everywhere: boolean; at: (tenant: string) => boolean }): CallGuard =>
  async function readOnly(call, next) {
    if (call.tool.effect === 'reads') return next(call)
    if (policy.everywhere) {
      throw new ReadOnly(
        `${call.tool.name} changes data and this server only reads.`,
        'Ask the person who runs it.',
      )
    }
    const tenant = tenantsNamed(call).find(policy.at)
    if (tenant !== undefined) {
      throw new ReadOnly(`The tenant ${tenant} may not be changed.`, 'Ask the person who runs this server.', {
        tenant,
      })
    }
    return next(call)
  }
