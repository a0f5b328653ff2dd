import { type Approval, approversOf } from '../approvals/approval.ts'
import type { PageParts } from '../approvals/page/handler.ts'
import type { LoopbackPage } from '../approvals/page/loopback.ts'

/** The approval page, as seen by those who link to it. */
export type LinkedPage = Pick<LoopbackPage, 'link' | 'close'>

export interface ApprovalLinks {
  approveAt(approval: Pick<Approval, 'id' | 'state' | 'approvers'>): Promise<{ words: string; url?: string }>
  /** The address of a page. */
  pageOf(id: string): Promise<string | undefined>
  close(): Promise<void>
}

/** Says where to approve a request. Opens the page with the first request. */
export function approvalLinks(
  command: (words: string) => string,
  parts: PageParts,
  openPage: (parts: PageParts) => LinkedPage,
): ApprovalLinks {
  let page: LinkedPage | undefined
  const pageOf = (id: string) => {
    page ??= openPage(parts)
    return page.link(id)
  }
  return {
    pageOf,
    async approveAt(approval) {
      if (approval.state === 'approved')
        return { words: 'It is approved: make the same call with this approvalId.' }
      const url = await pageOf(approval.id)
      const inTerminal = command(`approvals approve ${approval.id} --approver NAME`)
      // Both: the page of a process that ends with its call is gone when a person gets to it.
      const approve = url === undefined ? inTerminal : `${url} or, in a terminal: ${inTerminal}`
      const missing = approversOf(approval) - (await parts.approvers.list()).length
      if (missing <= 0) return { words: approve, ...(url !== undefined && { url }) }
      // No `url`: without enough approvers, nobody can decide on the page.
      const lacking = missing < approversOf(approval) ? 'It takes two approvers' : 'No approver is set up yet'
      return { words: `${lacking}: ${parts.addApprover}, and then: ${approve}` }
    },
    close: async () => page?.close(),
  }
}
