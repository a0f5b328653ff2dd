import type { Account } from '../../../src/domain/account.ts'
import { seeded } from '../../../src/sandbox/people.ts'

// What three made-up directories hold, the same in every process.

export const DIRECTORIES = ['hr', 'crm', 'wiki'] as const
export type Directory = (typeof DIRECTORIES)[number]
const DEPARTMENTS = ['Sales', 'Support', 'Finance', 'Engineering', 'People']

/**
 * The accounts of a directory: `hr` has the source of the people, and the others what has become of it elsewhere: accounts
 * that are missing, were left behind, belong to nobody, bear other keys, or are out of date.
 */
export function accountsOf(directory: Directory, people: number): Account[] {
  const random = seeded(DIRECTORIES.indexOf(directory) + 1)
  const isTruth = directory === 'hr'
  // Every account draws as many numbers, whatever becomes of it.
  const chance = (share: number) => random() < share
  const accounts: Account[] = []
  for (let number = 0; accounts.length < people; number += 1) {
    const name = `person-${number}`
    const isMissing = chance(0.03)
    const isOrphan = chance(0.01)
    const hasOtherName = chance(0.04)
    const isLoud = chance(0.04)
    const isNameless = chance(0.1)
    const isMixedUp = chance(0.005)
    const hasMoved = chance(0.03)
    const isInactive = chance(isTruth ? 0.06 : 0.03)
    if (isMissing && !isTruth) continue
    const drifted = !isTruth
    const userName = drifted && isOrphan ? `robot-${number}@example.com` : `${name}@example.com`
    accounts.push({
      tenant: directory,
      vendor: 'scim',
      id: `${directory}-${number}`,
      userName: drifted && hasOtherName ? name : drifted && isLoud ? userName.toUpperCase() : userName,
      email: userName,
      name: `Person ${number}`,
      status: isInactive ? 'inactive' : 'active',
      department: departmentAt(drifted && hasMoved ? number + 1 : number),
      ...(!(drifted && (isNameless || isOrphan)) && {
        externalId: `E-${drifted && isMixedUp ? number + 1 : number}`,
      }),
      groups: [departmentAt(number)],
    })
  }
  return accounts
}

const departmentAt = (number: number): string => DEPARTMENTS[number % DEPARTMENTS.length] ?? ''

/** What happens to a directory: its accounts afterwards, and each change as `<action> <user name> [<group>]`. */
export function changed(before: readonly Account[], seed = 7): { accounts: Account[]; events: string[] } {
  const random = seeded(seed)
  const events: string[] = []
  const accounts = before.flatMap((account, number): Account[] => {
    const { userName, groups = [] } = account
    const kind = random()
    if (kind < 0.01) {
      const isActive = account.status === 'active'
      events.push(`${isActive ? 'deactivated' : 'reactivated'} ${userName}`)
      return [{ ...account, status: isActive ? 'inactive' : 'active' }]
    }
    if (kind < 0.02) {
      events.push(`changed ${userName}`)
      return [{ ...account, name: `Persona ${number}` }]
    }
    if (kind < 0.025) {
      events.push(`deleted ${userName}`)
      return []
    }
    if (kind < 0.03) {
      events.push(...groups.map((group) => `left ${userName} ${group}`), `joined ${userName} Board`)
      return [{ ...account, groups: ['Board'] }]
    }
    if (kind < 0.035) {
      const added = { ...account, id: `new-${number}`, userName: `new-${number}@example.com` }
      events.push(`created ${added.userName}`)
      return [account, added]
    }
    return [account]
  })
  return { accounts, events }
}
