import { sameText } from '../text/text.ts'

/**
 * The names of a caller: its id, and its id without the prefix for its source, such as `local:` before the user of
 * the operating system.
 */
export const namesOfCaller = (id: string): string[] => [...new Set([id, id.slice(id.indexOf(':') + 1)])]

/**
 * Whether a person with this name may be the caller, ignoring case. A bare name matches an address that begins with
 * it, since mistaking one person for two is the worse error.
 */
export const mayBeCaller = (name: string, caller: string): boolean =>
  namesOfCaller(caller).some((own) => {
    const bare = !own.includes('@') || !name.includes('@')
    return sameText(own, name) || (bare && sameText(localPart(own), localPart(name)))
  })

const localPart = (name: string): string => name.split('@')[0] ?? name
