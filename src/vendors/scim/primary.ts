import { asBoolean, asText, field } from '../http/values.ts'

/** Picks the item of a list attribute that stands for the field. Reading and writing must pick the same one. */
export type PickItem = (items: readonly unknown[]) => unknown

const isPrimary = (item: unknown) => asBoolean(field(item, 'primary')) === true
const isWork = (item: unknown) => asText(field(item, 'type'))?.toLowerCase() === 'work'

export const pickEmail: PickItem = (emails) => emails.find(isPrimary) ?? emails.find(isWork) ?? emails[0]
export const pickRole: PickItem = (roles) => roles.find(isPrimary) ?? roles[0]
export const pickAddress: PickItem = (addresses) =>
  addresses.find(isPrimary) ?? addresses.find(isWork) ?? addresses[0]
/** A number of another type, such as mobile, does not count as the work number. */
export const pickPhone: PickItem = (phones) =>
  phones.find(isPrimary) ?? phones.find(isWork) ?? phones.find((phone) => field(phone, 'type') === undefined)
