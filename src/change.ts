import { IdentityError, UnknownOutcome } from './errors.ts'
import type { Call } from './guards/call.ts'
import type { Account } from './identity/account.ts'
import type { Errand } from './identity/operations.ts'
import type { Carried, Change } from './identity/plan.ts'
import type { Tenant } from './tenants.ts'

/**
 * Carries one change out: the intention goes to the journal, the write leaves once, the account is read back, and the
 * journal gets the outcome. Never throws: how it ended is told by what comes back, one change among others.
 */
export async function carryOut(
  change: Change,
  tenant: Tenant,
  {
    errand,
    record,
    warn,
  }: { errand: Errand; record: Call['record']; warn: (message: string, error: unknown) => void },
): Promise<Carried> {
  const { account } = change
  const concerned = { tenant: tenant.name, id: account.id, userName: account.userName }
  const end = async (carried: Carried): Promise<Carried> => {
    const { outcome, code, note } = carried
    try {
      await record({ event: outcome, account: concerned, ...(code && { code }), ...(note && { note }) })
    } catch (error) {
      // What happened has happened and is answered truly; the line `started` tells the journal's reader to look.
      warn('the outcome of a change could not be journalled', error)
    }
    return carried
  }
  const notSent = (code: Carried['code'], note: string) =>
    end({ outcome: 'failed', verified: false, account, ...(code && { code }), note })

  if (tenant.settings.dryRun) return notSent('refused', 'Dry run: agreed to, and not sent.')
  if (errand.signal.aborted) return notSent('timeout', 'Not sent: the caller had left.')
  try {
    await record({ event: 'started', account: concerned })
  } catch (error) {
    warn('a change could not be journalled, and was not made', error)
    return {
      outcome: 'failed',
      verified: false,
      account,
      code: 'unavailable',
      note: 'Not sent: the journal cannot be written.',
    }
  }
  // Once it has left, a change is followed to its end even if the caller leaves.
  const onward: Errand = { ...errand, signal: AbortSignal.timeout(Math.max(1, errand.deadline - Date.now())) }
  let lost = false
  try {
    await tenant.operations[change.operation]?.({ id: account.id, userName: account.userName }, onward)
  } catch (error) {
    if (!(error instanceof IdentityError)) {
      warn('a change failed on our side', error)
      return end({
        outcome: 'unknown',
        verified: false,
        account,
        code: 'internal',
        note: 'It went wrong on our side; look the account up.',
      })
    }
    if (!(error instanceof UnknownOutcome)) return notSent(error.code, `${error.message} ${error.hint}`)
    lost = true
  }
  return end(await readBack(change, tenant, { errand: onward, lost, warn }))
}

/** What the app shows after a change, read until it shows it or the tenant's window is over. */
async function readBack(
  change: Change,
  tenant: Tenant,
  { errand, lost, warn }: { errand: Errand; lost: boolean; warn: (message: string, error: unknown) => void },
): Promise<Carried> {
  const { verifyAfterWrite, verifyWindowMs } = tenant.settings
  let account = change.account
  let problem =
    verifyAfterWrite || lost ? `The app still shows it as ${account.status}.` : 'Not read back, by setting.'
  if (verifyAfterWrite || lost) {
    const until = Math.min(Date.now() + verifyWindowMs, errand.deadline)
    for (let pause = 100; ; pause *= 2) {
      try {
        const read = await tenant.operations.readAccount?.({ id: account.id }, errand)
        if (read) account = read
        problem = read ? `The app still shows it as ${read.status}.` : 'The app no longer shows this account.'
        if (read?.status === change.expect.status) return seen(read, lost)
      } catch (error) {
        if (!(error instanceof IdentityError)) warn('an account could not be read back', error)
        problem = 'It could not be read back.'
      }
      if (Date.now() + pause > until) break
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
  if (!lost)
    return { outcome: 'done', verified: false, account, note: `The app accepted the change. ${problem}` }
  return {
    outcome: 'unknown',
    verified: false,
    account,
    code: 'unknown_outcome',
    note: `The reply was lost and the change may yet act. ${problem} Do not repeat it before you have looked again.`,
  }
}

const seen = (account: Account, lost: boolean): Carried => ({
  outcome: 'done',
  verified: true,
  account,
  ...(lost && { note: 'The reply was lost; reading back shows that the change was made.' }),
})
