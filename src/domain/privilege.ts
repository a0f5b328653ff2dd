import type { Change } from './change.ts'
import type { AccountFields } from './operations.ts'

// As apps call it; a role that only sounds so is a question too many, one that goes unnoticed is an administrator.
const POWER = /admin|owner|\broot\b|super.?user|privileged/i

/** Whether a role or a group bears a name by which it gives power over others. */
export const givesPower = (name: string | undefined): boolean => name !== undefined && POWER.test(name)

/** Whether a change makes administrators, or unmakes them: in so many words, or by a role or group of such a name. */
export function touchesPower(change: Change): boolean {
  switch (change.operation) {
    case 'createAccount':
      return change.ask.fields.admin === true || givenPower(change.ask.fields)
    case 'updateAccount': {
      const { ask, before } = change
      const role = ask.set.role !== undefined && givesPower(before.role)
      return ask.set.admin !== undefined || role || givenPower(ask.set)
    }
    case 'createGroup':
      return givesPower(change.ask.name)
    case 'updateMembers':
      return givesPower(change.ask.group.name)
    default:
      return false
  }
}

const givenPower = ({ role, custom = {} }: AccountFields): boolean =>
  givesPower(role) || Object.entries(custom).some((one) => givesPower(one.flat().join(' ')))
