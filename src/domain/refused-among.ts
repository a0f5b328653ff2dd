import { IdentityError } from '../errors.ts'

/** One change of a call that cannot be made, and why. */
export interface RefusedAt {
  tenant: string
  error: IdentityError
}

/**
 * The error of a call some of whose changes cannot be made, so that none is: it says so tenant by tenant, and which
 * ones nothing stands against. Whoever cuts somebody off must not lose minutes on finding that out.
 */
function refusedAmong(
  refused: readonly [RefusedAt, ...RefusedAt[]],
  tenants: readonly string[],
): IdentityError {
  const [{ error }] = refused
  const bad = new Set(refused.map(({ tenant }) => tenant))
  const others = [...new Set(tenants)].filter((tenant) => !bad.has(tenant))
  if (bad.size === 1 && others.length === 0) return error
  const said = [...bad].map((tenant) => {
    const messages = refused.filter((one) => one.tenant === tenant).map((one) => one.error.message)
    return `${tenant}: ${[...new Set(messages)].join(' ')}`
  })
  const leave = `Leave ${[...bad].join(', ')} out, and the call can go on in ${others.join(', ')}; or: `
  return new (error.constructor as new (message: string, hint: string, details: object) => IdentityError)(
    `Nothing was changed in any tenant. ${said.join(' ')}`,
    `${others.length > 0 ? leave : ''}${error.hint}`,
    { ...error.details, cause: error },
  )
}

/** Throws what `refusedAmong` makes of the refusals, if there are any. */
export function mustAllPass(refused: readonly RefusedAt[], tenants: readonly string[]): void {
  const [first, ...more] = refused
  if (first) throw refusedAmong([first, ...more], tenants)
}

/** The refusal, if the work throws one. */
export async function refusalOf(tenant: string, work: () => unknown): Promise<RefusedAt[]> {
  try {
    await work()
    return []
  } catch (error) {
    if (error instanceof IdentityError) return [{ tenant, error }]
    throw error
  }
}
