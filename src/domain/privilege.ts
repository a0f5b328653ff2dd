import type { AccountFields } from './operations.ts'

// Names that apps use. A false match costs one question too many; a miss lets an administrator through.
const PRIVILEGE = /admin|owner|\broot\b|super.?user|privileged/i

/** Whether the name of a role or a group suggests privileges. */
export const namesPrivilege = (name: string | undefined): boolean =>
  name !== undefined && PRIVILEGE.test(name)

/** Whether the values of an account grant privileges, by the name of a role or an attribute. */
export const givesPrivilege = ({ role, custom = {} }: AccountFields): boolean =>
  namesPrivilege(role) || Object.entries(custom).some((one) => namesPrivilege(one.flat().join(' ')))
