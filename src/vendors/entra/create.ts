import type { AccountFields, Created, RequestContext } from '../../domain/operations.ts'
import { bare } from '../../domain/quoting.ts'
import { sameAddress } from '../../domain/same.ts'
import { Refused, Unsupported } from '../../errors.ts'
import { unseenPassword } from '../http/unseen-password.ts'
import { asId, asWord, field, type Rec } from '../http/values.ts'
import { mustAsk } from './api.ts'
import type { Connection } from './clients.ts'
import { propertiesOf } from './profile.ts'
import { allRows, ifAllowed } from './rows.ts'

/**
 * The properties of a new user, without the password (learn.microsoft.com/graph/api/user-post-users). Throws `Unsupported`
 * for what Entra ID does not take. The user principal name is the address until there is a mailbox.
 */
function newUserOf({ email, userName = email, status, ...fields }: AccountFields): Rec {
  if (userName === undefined) throw new TypeError('a new account has a user name')
  if (email !== undefined && !sameAddress(email, userName)) {
    throw new Unsupported(
      'Entra ID takes no email for a new account besides the user name: Exchange makes it with the mailbox.',
      'Give the user principal name as `email`, or leave `userName` out.',
    )
  }
  const {
    givenName,
    familyName,
    displayName = [givenName, familyName].filter((part) => part).join(' '),
  } = fields
  return {
    ...propertiesOf({ ...fields, userName, displayName: displayName || userName }),
    accountEnabled: status !== 'inactive',
    mailNickname: nicknameOf(userName),
  }
}

/** At most 64 characters, of which some are not allowed (learn.microsoft.com/graph/api/resources/user). */
const nicknameOf = (userName: string): string =>
  (userName.split('@')[0] ?? '').replace(/[^A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]/g, '').slice(0, 64) || 'user'

/** Creates the user with a password that nobody sees. */
export async function createAccount(
  connection: Connection,
  fields: AccountFields,
  context: RequestContext,
): Promise<Created> {
  const user = newUserOf(fields)
  const sealed = {
    secret: unseenPassword(),
    body: (password: string) => ({
      ...user,
      passwordProfile: { forceChangePasswordNextSignIn: true, password },
    }),
  }
  const body = await mustAsk(connection, { method: 'POST', path: '/users', sealed, right: 'create' }, context)
  const id = asId(field(body, 'id'))
  return id === undefined ? {} : { id }
}

/**
 * What a person should know of a new account, in sentences. Throws for what Entra ID would refuse: a user principal name
 * of a domain that the directory has not verified, as far as its domains may be read.
 */
export async function checkNew(
  connection: Connection,
  fields: AccountFields,
  context: RequestContext,
): Promise<string[]> {
  const { userPrincipalName } = newUserOf(fields)
  const domain = String(userPrincipalName).split('@')[1] ?? ''
  const verified = await ifAllowed(() => verifiedDomains(connection, context))
  if (verified && !verified.some((one) => sameAddress(one, domain))) {
    throw new Refused(
      `The directory has no verified domain ${bare(domain)}.`,
      `It has ${verified.map(bare).join(', ')}. A guest is invited instead, which this server does not do.`,
    )
  }
  return [
    UNSEEN,
    ...(verified ? [] : ['Whether the directory has the domain is not known.']),
    ...(fields.custom?.usageLocation === undefined
      ? ['Without a usage location it can be given no licence: usageLocation, a country of two letters.']
      : []),
  ]
}

async function verifiedDomains(
  connection: Connection,
  context: RequestContext,
): Promise<string[] | undefined> {
  const request = {
    path: '/organization',
    query: { $select: 'id,verifiedDomains' },
    right: 'domains',
  } as const
  const [organization] = await allRows(connection, request, context)
  const domains = field(organization, 'verifiedDomains')
  return Array.isArray(domains) ? domains.flatMap((one) => asWord(field(one, 'name')) ?? []) : undefined
}

const UNSEEN =
  'Nobody sees its password. The person signs in with a Temporary Access Pass, or after a reset: Entra admin centre > Users > ' +
  'the user > Authentication methods.'
