import { kinds } from '../changes/index.ts'
import type { Account } from '../domain/account.ts'
import type { Change } from '../domain/change.ts'
import { emailsOf } from '../domain/correlate.ts'
import { bare } from '../domain/quoting.ts'
import { sameUserName } from '../domain/same.ts'
import { Conflict, InUse, InvalidInput, NotFound } from '../errors.ts'
import type { Claims, Obstacle } from '../store/claims.ts'
import { fold } from '../text/text.ts'
import type { Ask } from './ask.ts'
import type { Tenants } from './tenants.ts'

/** How a plan makes sure that what it is made from stays as it is until the call ends. */
export interface Hold {
  /**
   * Claims what bears these names or ids at a tenant's app, or is to bear them. Throws `InUse` while another call is
   * at it.
   */
  names(tenant: string, names: readonly (string | undefined)[]): Promise<void>
  /**
   * Claims the accounts and reads each by its id: the rows of a look-up can tell less than the record, and can be out
   * of date. Answers with the record for each row, and throws for a row whose record could not be read.
   */
  records(rows: readonly Account[]): Promise<(row: Account) => Account>
}

/** The claims of one call, over the apps of its tenants. */
export function holdFor(claims: Claims, tenants: Pick<Tenants, 'appOf'>, ask: Ask): Hold {
  const claim = async (wanted: readonly { tenant: string; name: string }[]): Promise<void> => {
    const [first] = wanted
    const keys = wanted.map(({ tenant, name }) => claimKey(tenants.appOf(tenant), name))
    const obstacle = first && (await claims.take(keys))
    if (obstacle) throw inUse(first.tenant, obstacle)
  }
  return {
    names: (tenant, names) =>
      claim(names.filter((name) => name !== undefined).map((name) => ({ tenant, name }))),
    async records(rows) {
      await claim(rows.map(({ tenant, id }) => ({ tenant, name: id })))
      const read = rows.map(async (row) => {
        const [answered] = await ask.each('readAccount', [row.tenant], { id: row.id })
        return [row, answered] as const
      })
      const records = new Map(await Promise.all(read))
      return (row) => {
        const answered = records.get(row)
        if (!answered) throw new TypeError('a record that was not asked for')
        if ('error' in answered) throw answered.error
        return whole(row, answered.answer)
      }
    },
  }
}

/** What of an app only one call may change at a time, for this change. */
export function claimsOf(
  { operation, tenant, accounts, subject }: Change,
  tenants: Pick<Tenants, 'appOf'>,
): string[] {
  const made = kinds[operation].makes === 'nothing' ? [] : [subject.userName]
  return [...accounts.map(({ id }) => id), ...made].map((name) => claimKey(tenants.appOf(tenant), name))
}

/** Throws if two tenants that lead to one app are named: the same account would be changed twice. */
export function mustNameAppsOnce(changes: readonly Change[], tenants: Pick<Tenants, 'appOf'>): void {
  const seen = new Map<string, string>()
  for (const { tenant, accounts } of changes) {
    for (const { id, userName } of accounts) {
      const key = claimKey(tenants.appOf(tenant), id)
      const other = seen.get(key)
      if (other !== undefined && other !== tenant) {
        throw new InvalidInput(
          `${other} and ${tenant} lead to the same account of the same app, ${bare(userName)}.`,
          'Name only one of them.',
          { tenant },
        )
      }
      seen.set(key, tenant)
    }
  }
}

/** Under what an app's account, group or name is claimed. */
const claimKey = (app: string, name: string): string => JSON.stringify([app, fold(name)])

/** The record, and what only the row tells. Throws unless both are of one account. */
function whole(row: Account, record: Account | undefined): Account {
  const { tenant } = row
  if (!record) {
    throw new NotFound(
      `${bare(row.userName)} is in the list of ${tenant}, but the app does not show the record.`,
      'Look it up again with find_user.',
      { tenant },
    )
  }
  if (!sameUserName(record.userName, row.userName)) {
    throw new Conflict(
      `The list of ${tenant} and the record differ in the user name of ${bare(row.userName)}.`,
      'Look it up again with find_user.',
      { tenant },
    )
  }
  const { email = row.email } = record
  const others = [...new Set([...emailsOf(record), ...emailsOf(row)])].filter((one) => one !== email)
  return {
    ...row,
    ...record,
    status: record.status === 'unknown' ? row.status : record.status,
    ...(others.length > 0 && { otherEmails: others }),
  }
}

const IN_THE_WAY: Record<Obstacle, string> = {
  own: 'Another call of the same caller has been at the same account or group for too long, in',
  another: 'Calls of other callers have been at the same account or group for too long, in',
  lost: 'This server stood still for so long that another call may have changed the account or group meanwhile, in',
}

/** What keeps a call from an account, a group or a name. */
export const inUse = (tenant: string, obstacle: Obstacle): InUse =>
  new InUse(`${IN_THE_WAY[obstacle]} ${tenant}.`, 'Repeat the call: it then starts from what is so now.', {
    tenant,
  })
