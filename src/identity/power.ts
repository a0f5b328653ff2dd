import type { AccountFields } from './operations.ts'

// As apps call it; a role that only sounds so is a question too many, one that goes unnoticed is an administrator.
const POWER = /admin|owner|\broot\b|super.?user|privileged/i

/** Whether a role or a group bears a name by which it gives power over others. */
export const givesPower = (name: string | undefined): boolean => name !== undefined && POWER.test(name)

/** Whether fields say so of an account other than by `admin`. */
export const givenPower = ({ role, custom = {} }: AccountFields): boolean =>
  givesPower(role) || Object.entries(custom).some((one) => givesPower(one.flat().join(' ')))
