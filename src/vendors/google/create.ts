import type { AccountFields, Created, RequestContext } from '../../domain/operations.ts'
import { bare } from '../../domain/quoting.ts'
import { sameAddress } from '../../domain/same.ts'
import { Refused } from '../../errors.ts'
import { unseenPassword } from '../http/unseen-password.ts'
import { asId, field } from '../http/values.ts'
import { DIRECTORY, type GoogleApi, ifAllowed, mustAsk } from './api.ts'
import { domainsOf } from './domains.ts'
import { patchFor } from './edit.ts'

/** Creates the user with a password that nobody sees (developers.google.com, "users.insert"). */
export async function createAccount(
  api: GoogleApi,
  fields: AccountFields,
  externalIdType: string,
  context: RequestContext,
): Promise<Created> {
  const user = patchFor(fields, {}, externalIdType)
  const sealed = {
    secret: unseenPassword(),
    body: (password: string) => ({ ...user, password, changePasswordAtNextLogin: true }),
  }
  const request = { method: 'POST', path: `${DIRECTORY}/users`, sealed } as const
  const { body } = await mustAsk(api, 'admin.directory.user', request, context)
  const id = asId(field(body, 'id'))
  return id === undefined ? {} : { id }
}

/**
 * What a person should know of a new account, in sentences. Throws for an address of a domain that the Workspace does not
 * have, or has not verified, as far as its domains may be read.
 */
export async function checkNew(
  api: GoogleApi,
  { userName, email = userName ?? '' }: AccountFields,
  context: RequestContext,
): Promise<string[]> {
  const domain = email.split('@')[1] ?? ''
  const domains = await ifAllowed(() => domainsOf(api, context))
  // No account has its primary address in an alias domain.
  const verified = domains?.flatMap(({ name, isVerified }) => (isVerified ? name : []))
  if (verified && !verified.some((one) => sameAddress(one, domain))) {
    throw new Refused(
      `The Workspace has no verified domain ${bare(domain)}.`,
      `It has ${verified.map(bare).join(', ')}.`,
    )
  }
  return [UNSEEN, ...(verified ? [] : ['Whether the Workspace has the domain is not known.'])]
}

const UNSEEN =
  'Nobody sees its password. The person signs in by single sign-on, or after a reset: Admin console, Directory > Users > the ' +
  'user > Reset password. The account can take a licence.'
