import { createHash } from 'node:crypto'
import type { Account } from '../domain/account.ts'
import { emailsOf } from '../domain/correlate.ts'
import type { NamesPrivilege } from '../domain/privilege.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { fold } from '../text/text.ts'

/**
 * What of an account a run goes by, in four parts: status, names (user name, every email, external id), licence, and power
 * (role, administrator, groups that give power). An account that has changed in one of them since the plan was made is left
 * alone.
 */
export function fingerprintOf(account: Account, namesPrivilege: NamesPrivilege): string {
  const { status, userName, externalId, role, admin, licence, groups = [] } = account
  const names = [fold(userName), emailsOf(account).map(fold).toSorted(), externalId ?? null]
  const power = [role ?? null, admin ?? null, groups.filter((group) => namesPrivilege(group)).toSorted()]
  return [status, names, licence ?? null, power].map(hashOf).join('.')
}

const hashOf = (value: unknown): string =>
  createHash('sha256')
    .update(canonicalJson([value]))
    .digest('base64url')
    .slice(0, 16)

/** Whether it still has the names that it had. */
export const isStillThatPerson = (before: string, now: string): boolean =>
  before.split('.')[1] === now.split('.')[1]

/** Whether it has no power that it did not have, by role, mark and groups. */
export function hasNoNewPower(before: string, now: string): boolean {
  const [power, powerNow] = [before.split('.')[3], now.split('.')[3]]
  return power === powerNow || powerNow === NO_POWER
}

const NO_POWER = hashOf([null, null, []])
