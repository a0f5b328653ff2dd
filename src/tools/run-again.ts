import type { Run } from '../domain/run.ts'

/** The longest reason that a call may give. */
const MAX_REASON = 500
const AGAIN = /^Asked again after run-[0-9a-f]{12}: /

/** Whom a run left alone since they had changed, and the call that asks a person about exactly them. */
export function askAgain({ id, tool, input, until, changed }: Run): string[] {
  if (!changed) return []
  const { accounts, people, peopleCount, tenants } = changed
  const left = `${accounts} ${accounts === 1 ? 'account has' : 'accounts have'} changed since the plan was made, and ${
    accounts === 1 ? 'was' : 'were'
  } left alone.`
  // Another reason makes it another call: the same one means this run.
  const reason = `Asked again after ${id}: ${input.reason.replace(AGAIN, '')}`.slice(0, MAX_REASON)
  const more = {
    reason,
    ...(until !== undefined && until > Date.now() && { until: new Date(until).toISOString() }),
  }
  const args: Partial<Record<string, object>> = {
    offboard: { people, tenants, ...more },
    deactivate_users: { tenant: tenants[0], users: people, ...more },
  }
  const asks = args[tool]
  if (!asks) return [`${left} find_user shows what they are like now.`]
  const others = peopleCount - people.length
  const also = others > 0 ? ` Add ${others} more, whose rows in get_run have the code changed.` : ''
  return [`${left} To ask a person about them again, call ${tool} with ${JSON.stringify(asks)}.${also}`]
}
