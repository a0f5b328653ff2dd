import { InvalidInput } from '../errors.ts'
import type { Plan } from '../identity/plan.ts'
import { plainText, sameText } from '../identity/text.ts'

/**
 * What the approver of a change of weight (bulk work, deletion, administrators) types, so that nobody agrees to it by
 * habit: the user name, or the number of accounts where there is more than one name. Undefined for any other change.
 */
export function mustType({ also = [], changes }: Plan): string | undefined {
  const admins = changes.some(({ accounts }) => accounts.some(({ admin }) => admin))
  if (also.length === 0 && !admins) return undefined
  // An account that is to be made is none yet, and goes by the name that it will have.
  const names = changes
    .flatMap(({ accounts, subject }): { userName: string }[] =>
      accounts.length > 0 ? [...accounts] : [subject],
    )
    .map(({ userName }) => plainText(userName, 320))
  const [name = ''] = names
  const alone = name !== '' && names.every((other) => sameText(other, name)) && !also.includes('bulk')
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
