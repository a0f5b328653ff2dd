import { fold, sameText } from '../text/text.ts'

export const AUDIT_ROLES = ['actor', 'target', 'either'] as const

/** Which events of a log are asked for; all when empty. */
export interface AuditFilter {
  user?: string
  /** What the user is in the event; `either` when absent. */
  role?: (typeof AUDIT_ROLES)[number]
  /** Words of the action. */
  action?: string
}

/** What is known of an event that a filter can ask about. */
interface FilteredEvent {
  /** All names of the one who acted. */
  actors: readonly string[]
  /** All names of what the event concerns, and the texts that may mention one. */
  targets: readonly string[]
  action: string
}

/** Whether an event is one that is asked for; names and words are compared without case. */
export const isAskedFor = ({ user, role = 'either', action }: AuditFilter, event: FilteredEvent): boolean =>
  (user === undefined ||
    (role !== 'target' && event.actors.some((actor) => sameText(actor, user))) ||
    (role !== 'actor' && event.targets.some((target) => mentions(target, user)))) &&
  (action === undefined || hasWords(event.action, action))

// What can stand in a user name or an address: `ada` is not mentioned by `ada@example.com`.
const IN_NAMES = String.raw`[\p{L}\p{N}_%+@-]`

/** Whether a text is this name, or has it as a whole word. */
export function mentions(text: string, name: string): boolean {
  if (sameText(text, name)) return true
  const literal = fold(name).replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
  return new RegExp(`(?<!${IN_NAMES}|\\.)${literal}(?!${IN_NAMES}|\\.[\\p{L}\\p{N}])`, 'u').test(fold(text))
}

/**
 * Whether each word of `asked` begins a word of the action, or begins with one: `delete` finds `Deleted`, and `deleted`
 * finds `delete`.
 */
function hasWords(action: string, asked: string): boolean {
  const words = wordsOf(action)
  return wordsOf(asked).every((one) => words.some((word) => word.startsWith(one) || isStemOf(word, one)))
}

// Shorter words begin too many others: `to` begins `token`.
const isStemOf = (word: string, other: string) => word.length >= 4 && other.startsWith(word)

const wordsOf = (text: string): string[] => fold(text).match(/[\p{L}\p{N}]+/gu) ?? []
