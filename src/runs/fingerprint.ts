import { createHash } from 'node:crypto'
import type { Account } from '../domain/account.ts'
import { emailsOf } from '../domain/correlate.ts'
import type { NamesPrivilege } from '../domain/privilege.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { fold } from '../text/text.ts'

/**
 * What of an account a run goes by: status, names, every email, external id, role, and groups that give power. An account
 * that has changed in one of them since the plan was made is left alone.
 */
export function fingerprintOf(account: Account, namesPrivilege: NamesPrivilege): string {
  const { status, userName, externalId, role, admin, licence, groups = [] } = account
  const seen = [
    status,
    fold(userName),
    emailsOf(account).map(fold).toSorted(),
    externalId ?? null,
    role ?? null,
    admin ?? null,
    licence ?? null,
    groups.filter((group) => namesPrivilege(group)).toSorted(),
  ]
  return createHash('sha256').update(canonicalJson(seen)).digest('base64url').slice(0, 22)
}
