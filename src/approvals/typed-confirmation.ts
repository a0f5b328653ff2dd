import type { Plan } from '../domain/change.ts'
import { InvalidInput } from '../errors.ts'
import { plainText, sameText } from '../text/text.ts'

const WEIGHTY = ['bulk', 'deletes', 'admins']

/**
 * What the approver of a change of weight (bulk work, deletion, administrators) types, so that nobody agrees to it by
 * habit: the user name, or the number of accounts where there is more than one name. Undefined for any other
 * change; `kinds` are those of the settings' `confirm` that hold for it.
 */
export function mustType({ changes }: Plan, kinds: readonly string[]): string | undefined {
  if (!WEIGHTY.some((kind) => kinds.includes(kind))) return undefined
  // An account that is to be made is none yet, and goes by the name that it will have.
  const names = changes
    .flatMap(({ accounts, subject }): { userName: string }[] =>
      accounts.length > 0 ? [...accounts] : [subject],
    )
    .map(({ userName }) => plainText(userName, 320))
  const [name = ''] = names
  const alone = name !== '' && names.every((other) => sameText(other, name)) && !kinds.includes('bulk')
  return alone ? name : String(names.length)
}

/** Throws `InvalidInput` unless what this change wants typed was typed; its case does not count. */
export function checkTyped({ mustType }: { mustType?: string }, typed = ''): void {
  if (mustType === undefined || sameText(plainText(typed, 320), mustType)) return
  throw new InvalidInput(
    'This change weighs much: to approve it, type what the request asks for.',
    'It is the user name of the account, or the number of accounts, as shown. Nothing was decided.',
  )
}
