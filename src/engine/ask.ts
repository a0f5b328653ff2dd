import type { AnswerOf, AskOf, OperationName, RequestContext } from '../domain/operations.ts'
import { IdentityError, Internal, Unsupported } from '../errors.ts'
import type { Log } from '../log.ts'
import { notAskedError } from './left-out-tenant.ts'
import type { Tenant, Tenants } from './tenants.ts'

/** One tenant's answer or error to a question that went to several. */
export type Answered<Answer> = { tenant: Tenant } & ({ answer: Answer } | { error: IdentityError })

/** How a tool calls the apps: by operation, never by address. */
export interface Ask {
  tenants: Tenants
  /** Throws what the vendor throws, with the tenant's name; `Unsupported` if the operation is not offered. */
  one<Name extends OperationName>(tenant: string, operation: Name, ask: AskOf<Name>): Promise<AnswerOf<Name>>
  /**
   * Asks the named tenants, or all that offer the operation, in parallel; one tenant's error does not fail the
   * others.
   */
  each<Name extends OperationName>(
    operation: Name,
    tenants: readonly string[] | undefined,
    ask: AskOf<Name>,
  ): Promise<Answered<AnswerOf<Name>>[]>
}

/** Operations by name, each with its input and its answer. */
type OperationTable = { readonly [Name in OperationName]?: Operation<Name> }
type Operation<Name extends OperationName> = (
  ask: AskOf<Name>,
  context: RequestContext,
) => Promise<AnswerOf<Name>>

/** The operation of a tenant; throws `Unsupported` if the tenant lacks it. */
export function mustOffer<Name extends OperationName>(
  { name, title, operations, offers, isLeftOut }: Tenant,
  operation: Name,
): Operation<Name> {
  const table: OperationTable = operations
  const run: Operation<Name> | undefined = table[operation]
  if (run && offers(operation)) return run
  if (isLeftOut) throw notAskedError(name)
  throw new Unsupported(
    `${title} (${name}) does not offer this.`,
    operations.insteadOf?.(operation) ?? 'list_tenants shows what each tenant can do.',
    { tenant: name },
  )
}

/** Runs `work` for a tenant, and adds the tenant's name to its errors. */
export async function atTenant<Result>({ name }: Tenant, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof IdentityError) error.details.tenant ??= name
    throw error
  }
}

/** `log` gets what goes wrong on our side at one of several tenants, which must not spoil the answers of the others. */
export function askFor(tenants: Tenants, context: RequestContext, log: Pick<Log, 'error'>): Ask {
  async function one<Name extends OperationName>(
    name: string,
    operation: Name,
    ask: AskOf<Name>,
  ): Promise<AnswerOf<Name>> {
    const tenant = tenants.get(name)
    const run = mustOffer(tenant, operation)
    return atTenant<AnswerOf<Name>>(tenant, () => run.call(tenant.operations, ask, context))
  }
  return {
    tenants,
    one,
    each(operation, names, ask) {
      const asked = names ? [...new Set(names)].map(tenants.get) : tenants.offering(operation)
      let done = 0
      const count = () => {
        done += 1
        const of = asked.length
        if (of > 1) context.tell?.(`${done} of ${of} tenants have answered`, { done, of })
      }
      return Promise.all(
        asked.map(async (tenant) => {
          try {
            return { tenant, answer: await one(tenant.name, operation, ask).finally(count) }
          } catch (error) {
            if (error instanceof IdentityError) return { tenant, error }
            log.error(`${operation} failed at one tenant`, { tenant: tenant.name, error })
            return {
              tenant,
              error: new Internal(OUR_FAULT, ASK_OPERATOR, { cause: error, tenant: tenant.name }),
            }
          }
        }),
      )
    },
  }
}

const OUR_FAULT = 'Something went wrong on our side.'
const ASK_OPERATOR = 'Tell the person who runs this server; the log has more.'
