import { createHash } from 'node:crypto'
import { kindOf } from '../changes/index.ts'
import { type Plan, targetKey } from '../domain/change.ts'
import { bare } from '../domain/quoting.ts'
import { ApprovalVoid } from '../errors.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import type { Approval, ApprovalRequest } from './approvals.ts'

/** A call, as far as a person's yes is bound to it. */
interface Asked {
  tool: { name: string }
  /** Parsed. */
  input: unknown
  caller: object
}

/** What a person's yes is bound to. */
export type Binding = Required<Pick<ApprovalRequest, 'digest' | 'request' | 'targets'>> &
  Pick<ApprovalRequest, 'doubt'>

/** Binds a yes to tool, arguments and caller, and to each change with the current state of its accounts. */
export function bindingOf(call: Asked, plan: Plan): Binding {
  const request = requestHash(call)
  const changes = plan.changes.map((change) => {
    const { tenant, operation, ask, accounts, subject } = change
    const states = accounts.map(({ id, userName, email, externalId, status, admin }) => {
      return { id, userName, email, externalId, status, admin }
    })
    const whole = hash({ tenant, operation, ask, replaced: kindOf(change).replaces(change), states })
    const ids = accounts.length > 0 ? accounts.map(({ id }) => id) : [subject.id]
    return ids.map((id) => [targetKey(tenant, id), whole] as const)
  })
  const targets = Object.fromEntries(changes.flat())
  const { doubt } = plan
  return {
    digest: hash({ request, targets, doubt }),
    request,
    targets,
    ...(doubt !== undefined && { doubt }),
  }
}

/** A hash of tool, arguments and caller. */
export function requestHash({ tool, input, caller }: Asked): string {
  const { approvalId: _, ...args } = input as Record<string, unknown>
  return hash({ tool: tool.name, args, caller })
}

const hash = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('base64url')

/** Throws `ApprovalVoid`, saying why, unless the approval was given for this plan. */
export function mustCover(
  approval: Approval,
  { request, targets, digest, doubt }: Binding,
  plan: Plan,
): void {
  if (approval.digest === digest) return
  const { id, targets: approved } = approval
  if (approval.request !== request || !approved) {
    throw new ApprovalVoid(`There is no approval ${id} for this call.`, ASK_APPROVAL_AGAIN)
  }
  const keys = new Set([...Object.keys(approved), ...Object.keys(targets)])
  const differing = [...keys].filter((key) => approved[key] !== targets[key])
  const changed = plan.changes
    .flatMap(({ tenant, accounts }) => accounts.map((account) => ({ tenant, account })))
    .filter(({ tenant, account }) => differing.includes(targetKey(tenant, account.id)))
    .map(({ tenant, account }) => `${bare(account.userName)} in ${tenant}`)
  const gone = differing.filter((key) => targets[key] === undefined)
  const why = [
    ...(changed.length > 0 ? [`changed since: ${changed.join(', ')}`] : []),
    ...(gone.length > 0 ? [`no longer to be changed: ${gone.map((key) => bare(key)).join(', ')}`] : []),
    ...(doubt !== undefined && doubt !== approval.doubt ? ['there is a doubt that there was not'] : []),
  ]
  // A doubt that is gone is no reason.
  if (why.length === 0) return
  throw new ApprovalVoid(
    `The approval ${id} was given for another state (${why.join('; ')}).`,
    ASK_APPROVAL_AGAIN,
  )
}

export const ASK_APPROVAL_AGAIN = 'Make the call again without an approvalId to request a new approval.'
