import type { Task } from '../approvals/tasks.ts'
import { correlate } from '../domain/correlate.ts'
import type { PersonAt } from './find-person.ts'
import type { Tenant } from './tenants.ts'

/** Whether changes there are made by a person. */
export const isByHand = ({ settings }: Pick<Tenant, 'settings'>): boolean => settings.owner !== undefined

/**
 * Places where changes are made by hand, with the person as their owner is told of them: by the email of the accounts
 * elsewhere. Nobody can be looked up there, so a person who is found nowhere else is left out, unless no other place was asked.
 */
export function toldByHand(places: readonly PersonAt[], user: string): PersonAt[] {
  const others = places.filter(({ tenant }) => !isByHand(tenant))
  const [person, ...more] = correlate(others.flatMap(({ accounts }) => accounts))
  const found = person && more.length === 0 ? (person.email ?? person.accounts[0]?.userName) : undefined
  const who = others.length === 0 ? user : found
  return places.map((place) => {
    const { name, vendor } = place.tenant
    if (who === undefined || !isByHand(place.tenant)) return place
    const account = { tenant: name, vendor: vendor.name, id: who, userName: who, status: 'unknown' as const }
    return { tenant: place.tenant, accounts: [account] }
  })
}

/** Said of what waits for its owner. */
export const taskNote = ({ id, owner }: Pick<Task, 'id' | 'owner'>): string =>
  `It is ${id}, for ${owner}: not done until they say so.`
