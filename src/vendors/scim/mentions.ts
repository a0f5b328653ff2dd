import { sameAddress } from '../../domain/same.ts'
import { plainText } from '../../text/text.ts'
import { isRecord } from '../http/values.ts'
import type { ScimUser } from './read.ts'

/** An address that a record has where no name of its user is known to stand, and the attribute that has it. */
export interface Mention {
  address: string
  in: string
}

const ADDRESS = /[^\s<>()[\]{}"',;:]+@[^\s<>()[\]{}"',;:]+/g

/** Attributes about others: managers, who made the record, members. Their addresses are not those of the user. */
const OF_OTHERS =
  /manager|supervisor|reports?to|owner|creat|modif|updat|invit|assist|deleg|approv|by$|^(groups|roles|entitlements|members|meta|schemas|photos)$/i

/**
 * The addresses in a record that are no email, user name or id of its user, as far as those are known: an app may have
 * them in attributes of its own, such as `login`.
 */
export function mentionsIn({ raw, userName, emails, account }: ScimUser): Mention[] {
  const known = [userName, account.id, account.externalId, ...emails]
  const found: Mention[] = []
  const look = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      for (const [address] of value.includes('@') ? value.matchAll(ADDRESS) : [])
        if (!known.some((one) => sameAddress(one, address))) found.push({ address, in: plainText(name, 100) })
    } else if (Array.isArray(value)) for (const item of value) look(item, name)
    else if (isRecord(value))
      for (const [key, inner] of Object.entries(value))
        if (!OF_OTHERS.test(key)) look(inner, name === '' ? key : `${name}.${key}`)
  }
  look(raw, '')
  return found
}
