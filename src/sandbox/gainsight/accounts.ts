import type { Directory, ScimUser } from '../directory.ts'
import { ENTERPRISE } from '../scim/schema.ts'
import { complete, newGsid } from './account.ts'
import { type Code, GainsightError } from './envelope.ts'

export const emailOf = ({ emails, userName }: ScimUser): string => emails?.[0]?.value ?? userName

export const isSuperAdmin = (user: ScimUser, namespace: keyof ScimUser): boolean => {
  const own = user[namespace]
  return typeof own === 'object' && 'IsSuperAdmin' in own && own.IsSuperAdmin === true
}

/** Saves the user. Throws a `GainsightError` if another user has the same email or user name. */
export function keep(directory: Directory, given: Omit<ScimUser, 'id'> & { id?: string }): ScimUser {
  const user: ScimUser = complete({ ...given, id: given.id ?? newGsid() })
  const [name, email] = [user.userName, emailOf(user)].map((text) => text.toLowerCase())
  for (const other of directory.users.values()) {
    if (other.id === user.id) continue
    if (other.userName.toLowerCase() === name || emailOf(other).toLowerCase() === email)
      throw new GainsightError('GU_2411')
  }
  if (user[ENTERPRISE]?.manager?.value === user.id) throw new GainsightError('GU_2410')
  return directory.putUser(user)
}

/** Returns `value` if it is a non-empty string. Otherwise throws a `GainsightError` with `code`. */
export function textOf(value: unknown, name: string, code: Code): string {
  if (typeof value !== 'string' || value === '') throw new GainsightError(code, `${name} is required`)
  return value
}
