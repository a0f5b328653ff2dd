import { sameText } from '../text/text.ts'

/**
 * The names that a caller's id stands for: itself, and without the word before it that says where it comes from, such as
 * `local:` before the operating system's user.
 */
export const namesOfCaller = (id: string): string[] => [...new Set([id, id.slice(id.indexOf(':') + 1)])]

/**
 * Whether a person of this name may be the caller itself, by what both are called, letter case aside. A bare name and
 * an address that begins with it count as one, since to take one person for two is the worse mistake.
 */
export const mayBeCaller = (name: string, caller: string): boolean =>
  namesOfCaller(caller).some((own) => {
    const bare = !own.includes('@') || !name.includes('@')
    return sameText(own, name) || (bare && sameText(localPart(own), localPart(name)))
  })

const localPart = (name: string): string => name.split('@')[0] ?? name
