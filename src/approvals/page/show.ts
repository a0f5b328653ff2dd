import type { Journal } from '../../journal/journal.ts'
import type { StateSigner } from '../../store/signed-state.ts'
import type { Approval } from '../approval.ts'
import type { Approvals } from '../approvals.ts'
import type { Approvers } from '../approvers.ts'
import { type Result, resultOf, type ShownRuns } from '../result.ts'
import type { EnteredValues, FormProblem } from './decision.ts'
import type { KnownBrowser } from './known-browser.ts'
import type { RecentChanges } from './recent-changes.ts'
import type { Reply } from './reply.ts'
import { requestPage } from './request.ts'

interface ShowParts {
  approvals: Pick<Approvals, 'earlier'>
  approvers: Pick<Approvers, 'list'>
  journal: Pick<Journal, 'index'>
  runs: ShownRuns
  signer: StateSigner
  addApprover: string
  recentChanges: (caller: string) => Promise<RecentChanges>
  warn: (message: string, error: unknown) => void
}

/** The page of a request, as it is now. */
export async function showRequest(
  parts: ShowParts,
  approval: Approval,
  {
    browser,
    status = 200,
    given,
    problem,
  }: {
    browser: KnownBrowser | undefined
    status?: number
    given?: EnteredValues
    problem?: FormProblem
  },
): Promise<Reply> {
  const { approvals, approvers, recentChanges, signer, addApprover } = parts
  const shown = {
    approval,
    names: browser !== undefined,
    recentChanges: await recentChanges(approval.caller),
    earlier: await approvals.earlier(approval),
    result: await resultIn(parts, approval),
    token: await signer.sign(boundTo(approval), true),
    ...((await approvers.list()).length === 0 && { addApprover }),
    ...(given && { given }),
    ...(problem && { problem }),
  }
  return { status, body: requestPage(shown).markup }
}

/** What came of a request; undefined where the journal cannot tell, which is no reason to hide what was decided. */
async function resultIn(parts: ShowParts, approval: Approval): Promise<Result | undefined> {
  try {
    return await resultOf(parts, approval)
  } catch (error) {
    parts.warn('what came of a request could not be read', error)
    return undefined
  }
}

/** What the token of the form is bound to. */
export const boundTo = ({ id }: Approval): string[] => ['approval page', id]
