import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApprovalRequest } from '../../../src/approvals/approval.ts'
import { openApprovals } from '../../../src/approvals/approvals.ts'
import { approvalPage, type PageParts } from '../../../src/approvals/page/handler.ts'
import { openTasks } from '../../../src/approvals/tasks.ts'
import type { Briefing } from '../../../src/domain/briefing.ts'
import { inFlight } from '../../../src/in-flight.ts'
import type { JournalLine } from '../../../src/journal/events.ts'
import { fileJournal } from '../../../src/journal/file.ts'
import type { Journal } from '../../../src/journal/journal.ts'
import { stateSigner } from '../../../src/store/signed-state.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { cheapApprovers, PASSPHRASE } from '../../support/approvers.ts'
import { type ApprovalFormFields, fillIn, type HttpRequest, send } from '../../support/browser.ts'

export const briefing = (): Briefing => ({
  changes: [
    {
      tenant: 'acme-netskope',
      app: 'Netskope',
      operation: 'deactivateAccount',
      accounts: [
        {
          userName: 'ada@example.com',
          id: 'id-1',
          name: 'Ada Lovelace',
          externalId: 'idp-1',
          admin: false,
          alters: [{ what: 'status', before: 'active', after: 'inactive', from: 'server' }],
          loses: { groups: { first: ['Engineering', 'Poets'], of: 2 }, licence: 'Full' },
        },
      ],
      reversible: true,
    },
  ],
  elsewhere: {
    active: [{ tenant: 'acme-gainsight', app: 'Gainsight' }],
    unknown: [{ tenant: 'acme-mindtickle', app: 'Mindtickle' }],
  },
})

export const asked = (more: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  digest: 'digest-1',
  tool: 'deactivate_user',
  plan: ['Deactivate "Ada Lovelace" (ada@example.com) in Netskope, tenant acme-netskope: active → inactive.'],
  reason: 'left the company',
  caller: 'local:bot',
  client: 'Claude/1.0',
  call: 'call-1',
  briefing: briefing(),
  ...more,
})

/** What the page works with, on a store of its own. */
export async function pageParts() {
  const folder = await mkdtemp(join(tmpdir(), 'page-'))
  const store = memoryStore()
  const warned: string[] = []
  const parts: PageParts = {
    approvals: openApprovals(store),
    approvers: cheapApprovers(store),
    tasks: openTasks(store),
    locks: store,
    journal: fileJournal(folder, store),
    signer: stateSigner(store),
    inFlight: inFlight(),
    addApprover: 'identity-mcp approvers add NAME',
    runs: {
      stateOf: async () => undefined,
      progressOf: async () => undefined,
      pageOf: async () => undefined,
    },
    warn: (message, error) => void warned.push(`${message}: ${error}`),
  }
  return { parts, warned, discard: () => rm(folder, { recursive: true, force: true }) }
}

/** The cookies of a browser that got this reply. */
export const cookiesOf = ({ headers }: { headers: IncomingHttpHeaders }): { cookie: string } => ({
  cookie: (headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; '),
})

/** The approval page over real HTTP, with somebody who may approve. */
export async function openPage(watching: (journal: Journal) => Journal = (journal) => journal) {
  const { parts, warned, discard } = await pageParts()
  parts.journal = watching(parts.journal)
  const { approvals, approvers, journal } = parts
  const origins: string[] = []
  const server = createServer(approvalPage(parts, origins))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // it listens on a port
  origins.push(origin)
  await approvers.add('grace', PASSPHRASE)

  const linkOf = (id: string) => `${origin}/approvals/${id}`
  const filled = (id: string, fields?: ApprovalFormFields) =>
    fillIn(linkOf(id), { approver: 'grace', passphrase: PASSPHRASE, ...fields })

  return {
    origin,
    approvals,
    approvers,
    parts,
    warned,
    ask: async (more: Partial<ApprovalRequest> = {}) => (await approvals.request(asked(more))).id,
    stateOf: async (id: string) => (await approvals.get(id))?.state,
    send: (sent: HttpRequest) => send(origin, sent),
    get: (id: string, headers: OutgoingHttpHeaders = {}) =>
      send(origin, { path: `/approvals/${id}`, headers }),
    filled,
    submit: async (id: string, fields?: ApprovalFormFields) => send(origin, await filled(id, fields)),
    async journal() {
      const lines: JournalLine[] = []
      for await (const line of journal.read()) lines.push(line)
      return lines
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await discard()
    },
  }
}
