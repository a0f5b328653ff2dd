import type { AccountFields } from './operations.ts'
import { sameText } from './text.ts'

/** The fields of `wanted` that `shown` does not say the same of; names of accounts and addresses have no case. */
export function unlike(wanted: AccountFields, shown: AccountFields): string[] {
  const { custom = {}, ...plain } = wanted
  const differs = Object.entries(plain).filter(([name, value]) => {
    const told = shown[name as keyof AccountFields]
    if (name === 'email' || name === 'userName')
      return !sameText(String(value), told === undefined ? undefined : String(told))
    return value !== told
  })
  const odd = Object.entries(custom).filter(
    ([name, value]) => JSON.stringify(shown.custom?.[name]) !== JSON.stringify(value),
  )
  return [...differs.map(([name]) => name), ...odd.map(([name]) => `custom.${name}`)]
}
