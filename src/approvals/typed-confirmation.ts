import type { Plan } from '../domain/change.ts'
import { InvalidInput } from '../errors.ts'
import { plainText, sameText } from '../text/text.ts'

const HIGH_IMPACT_KINDS = ['bulk', 'deletes', 'admins']

/**
 * What the approver of a high-impact change (bulk, deletion, administrators) must type, to prevent approval by habit: the
 * user name, or the number of accounts when there are several names. Undefined for other changes. `kinds` are the `confirm`
 * kinds from the settings that apply to the change.
 */
export function mustType({ changes, run }: Plan, kinds: readonly string[]): string | undefined {
  if (run) return String(run.accounts)
  if (!HIGH_IMPACT_KINDS.some((kind) => kinds.includes(kind))) return undefined
  // A new account does not exist yet; its future user name counts.
  const names = changes
    .flatMap(({ accounts, subject }): { userName: string }[] =>
      accounts.length > 0 ? [...accounts] : [subject],
    )
    .map(({ userName }) => plainText(userName, 320))
  const [name = ''] = names
  const singleName = name !== '' && names.every((other) => sameText(other, name)) && !kinds.includes('bulk')
  return singleName ? name : String(names.length)
}

/** Throws `InvalidInput` unless the required text was typed. Not case-sensitive. */
export function checkTyped({ mustType }: { mustType?: string }, typed = ''): void {
  if (mustType === undefined || sameText(plainText(typed, 320), mustType)) return
  throw new InvalidInput(
    'This is a high-impact change: to approve it, type what the request asks for.',
    'Type the user name of the account, or the number of accounts, as shown. Nothing was decided.',
  )
}
