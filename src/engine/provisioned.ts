import type { Change } from '../domain/change.ts'
import { named } from '../domain/quoting.ts'
import { sameId } from '../domain/same.ts'
import { IdentityError } from '../errors.ts'
import type { Ask } from './ask.ts'

/** A plan about more accounts is not looked up at the source: each costs a request there. */
const MOST_LOOKED_UP = 5

/**
 * Which accounts of a plan a source of people provisions, so that a change made here may be written back, in sentences.
 * Identity providers give an account their own id as external id (RFC 7643 §3.1), or the id of the HR system that they
 * have as external id themselves. A source where the same plan changes
 * the person too is not named.
 */
export async function provisionedFrom(changes: readonly Change[], ask: Ask): Promise<string[]> {
  const sources = ask.tenants.all.filter(
    ({ name, settings, offers }) =>
      // An export writes nothing anywhere.
      settings.source &&
      settings.file === undefined &&
      offers('findAccounts') &&
      changes.every(({ tenant }) => tenant !== name),
  )
  const isSource = (tenant: string) => ask.tenants.get(tenant).settings.source === true
  const accounts = new Map(
    changes
      .flatMap(({ accounts }) => accounts)
      .map((account) => [`${account.tenant}/${account.id}`, account]),
  )
  if (sources.length === 0 || accounts.size > MOST_LOOKED_UP) return []
  const looked = [...accounts.values()].flatMap((account) => {
    const { externalId, tenant } = account
    if (externalId === undefined || isSource(tenant)) return []
    return sources.map(async ({ name }) => {
      try {
        const { accounts: known } = await ask.one(name, 'findAccounts', { user: externalId })
        const origin = known.find((one) => sameId(one.id, externalId) || sameId(one.externalId, externalId))
        return origin
          ? [
              `${name} provisions ${named(account)} in ${tenant}, as ${named(origin)}: it can write back what is ` +
                'changed here, so make a lasting change there.',
            ]
          : []
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        return [`Whether ${name} provisions ${named(account)} in ${tenant} is not known: ${error.message}`]
      }
    })
  })
  return (await Promise.all(looked)).flat()
}
