import { type Incoming, isObject, parseJson, type Reply } from '../http-types.ts'
import { type EntraRecords, type EntraUser, newUser } from './directory.ts'
import { badRequest } from './graph-error.ts'

const NEEDED = ['accountEnabled', 'displayName', 'mailNickname', 'passwordProfile', 'userPrincipalName']

/** Makes a user of a body (learn.microsoft.com/graph/api/user-post-users), or says why not. */
export function created(
  { text }: Incoming,
  { users, domains, passwords }: Pick<EntraRecords, 'users' | 'domains' | 'passwords'>,
): EntraUser | Reply {
  const body = parseJson(text)
  if (!isObject(body)) return badRequest('Invalid JSON.')
  const missing = NEEDED.find((name) => body[name] === undefined || body[name] === '')
  if (missing !== undefined)
    return badRequest(`A value is required for property '${missing}' of resource 'User'.`)
  const { passwordProfile, userPrincipalName, mailNickname, ...values } = body
  if (typeof userPrincipalName !== 'string' || !/^[A-Za-z0-9'._!#^~-]+@[^@]+$/.test(userPrincipalName)) {
    return badRequest('Property userPrincipalName is invalid.')
  }
  if (!domains.includes(userPrincipalName.split('@')[1]?.toLowerCase() ?? '')) {
    return badRequest(
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    )
  }
  if (typeof mailNickname !== 'string' || !/^[^@()\\[\]";:<>, ]{1,64}$/.test(mailNickname)) {
    return badRequest("Invalid value specified for property 'mailNickname' of resource 'User'.")
  }
  const password = isObject(passwordProfile) ? passwordProfile.password : undefined
  if (typeof password !== 'string' || !isStrong(password)) {
    return badRequest('The specified password does not comply with password complexity requirements.')
  }
  const isTaken = users.some((one) => one.userPrincipalName.toLowerCase() === userPrincipalName.toLowerCase())
  if (isTaken) {
    return badRequest('Another object with the same value for property userPrincipalName already exists.', [
      { code: 'ObjectConflict', target: 'userPrincipalName' },
    ])
  }
  passwords.push({ ...(isObject(passwordProfile) && passwordProfile), password })
  return newUser({ ...values, id: crypto.randomUUID(), userPrincipalName })
}

/** Three of four kinds of characters, 8 to 256 (learn.microsoft.com/entra/identity/authentication/concept-sspr-policy). */
const isStrong = (password: string): boolean =>
  [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z\d]/].filter((kind) => kind.test(password)).length >= 3 &&
  password.length >= 8 &&
  password.length <= 256
