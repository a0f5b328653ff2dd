import { Protected } from '../errors.ts'
import type { Account } from '../identity/account.ts'
import { bare } from '../identity/naming.ts'
import type { CallGuard } from './call.ts'

/** Refuses a call that would change an account on the list; `*` in a pattern stands for anything. */
export const protectedAccounts = (patterns: readonly string[]): CallGuard => {
  const tests = patterns.map(toTest)
  const isProtected = ({ id, userName, email, externalId }: Account) =>
    [id, userName, email, externalId].some((text) => text !== undefined && tests.some((test) => test(text)))

  return async function protectedAccounts(call, next) {
    for (const { tenant, accounts } of call.plan?.changes ?? []) {
      const hit = accounts.find(isProtected)
      if (!hit) continue
      throw new Protected(
        `The account ${bare(hit.userName)} in ${tenant} is protected and no tool may change it.`,
        'A person changes it by hand, in the app itself.',
        { tenant },
      )
    }
    return next(call)
  }
}

const fold = (text: string) => text.normalize('NFC').toLowerCase()

function toTest(pattern: string): (text: string) => boolean {
  const literal = fold(pattern)
    .split('*')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const whole = new RegExp(`^${literal.join('.*')}$`, 'su')
  return (text) => whole.test(fold(text))
}
