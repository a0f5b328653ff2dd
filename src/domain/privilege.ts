import type { AccountFields } from './operations.ts'

// As apps call it; a role that only sounds so is a question too many, one that goes unnoticed is an administrator.
const PRIVILEGE = /admin|owner|\broot\b|super.?user|privileged/i

/** Whether a role or a group bears a name by which it gives power over others. */
export const namesPrivilege = (name: string | undefined): boolean =>
  name !== undefined && PRIVILEGE.test(name)

/** Whether values of an account give it power over others, by a role or an attribute of such a name. */
export const givesPrivilege = ({ role, custom = {} }: AccountFields): boolean =>
  namesPrivilege(role) || Object.entries(custom).some((one) => namesPrivilege(one.flat().join(' ')))
