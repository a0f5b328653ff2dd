import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { typed } from '../app/stores.ts'
import {
  type Approval,
  noRequest,
  openApprovals,
  progressOf,
  statusOf,
  whoMustAgree,
} from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { decide, undecided } from '../approvals/decide.ts'
import type { Place } from '../domain/briefing.ts'
import { InvalidInput } from '../errors.ts'
import { plainText } from '../text/text.ts'
import {
  newCommand,
  type OpenData,
  paint,
  print,
  readPassphrase,
  readTyped,
  type Style,
  showTime,
  table,
  toJson,
  withData,
  wrap,
} from './data.ts'

/** Shows what waits for a person, and lets a person decide it. */
export function approvalsCommand(io: Io, open: OpenData): Command {
  const approvals = newCommand(io, 'approvals', 'See and decide the changes that wait for a person')
  approvals
    .command('list', { isDefault: true })
    .description('What waits for a person')
    .option('--all', 'what is decided, used or expired as well')
    .option('--json', 'as JSON')
    .action((options: { all?: true; json?: true }, command: Command) => list(io, open, command, options))
  approvals
    .command('show <id>')
    .description('One request with its whole plan')
    .option('--json', 'as JSON')
    .action((id: string, options: { json?: true }, command: Command) => show(io, open, command, id, options))
  for (const { name, decision, description } of DECISIONS) {
    const command = approvals
      .command(`${name} <id>`)
      .description(description)
      .requiredOption('--approver <name>', 'who decides')
      .option('--passphrase-stdin', "read the approver's passphrase from standard input")
      .action((id: string, options: DecideOptions, command: Command) =>
        answer(io, open, command, id, decision, options),
      )
    if (decision === 'approved') {
      command.option('--confirm <text>', 'the user name or number of accounts that a change of weight wants')
    }
  }
  return approvals
}

const DECISIONS = [
  { name: 'approve', decision: 'approved', description: 'Agree to exactly this plan, once' },
  { name: 'deny', decision: 'denied', description: 'Say no to this plan' },
] as const

interface DecideOptions {
  approver: string
  confirm?: string
  passphraseStdin?: true
}

const list = (io: Io, open: OpenData, command: Command, { all, json }: { all?: true; json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const approvals = await openApprovals(store).list({ pending: !all })
    if (json) return print(io, toJson({ approvals: approvals.map(toDocument) }, 2))
    if (approvals.length === 0)
      return print(io, all ? 'There are no requests.' : 'Nothing waits for a person.')
    const rows = approvals.map((approval) => {
      const status = statusOf(approval)
      return [
        approval.id,
        { text: statusText(approval), style: STYLES[status] },
        timeLeft(approval),
        approval.tool,
        plainText(approval.caller, 24),
        approval.plan[0] ?? '',
      ]
    })
    print(
      io,
      ...table(io, [HEADINGS, ...rows]),
      '',
      `See one whole: ${typed(io, command.optsWithGlobals(), 'approvals show ID')}`,
    )
  })

/** "pending", or how far it has come: "1 of 2". */
const statusText = (approval: Approval): string => {
  const status = statusOf(approval)
  return status === 'pending' ? [status, progressOf(approval)].filter(Boolean).join(', ') : status
}

const HEADINGS = ['ID', 'STATE', 'LEFT', 'TOOL', 'CALLER', 'PLAN']

const STYLES: Record<ReturnType<typeof statusOf>, Style> = {
  pending: 'yellow',
  approved: 'green',
  denied: 'red',
  used: 'gray',
  expired: 'gray',
}

const show = (io: Io, open: OpenData, command: Command, id: string, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store }) => {
    const approval = await openApprovals(store).get(id)
    if (!approval) throw noRequest(plainText(id, 40))
    print(io, ...(json ? [toJson(toDocument(approval), 2)] : describe(io, approval)))
  })

const answer = (
  io: Io,
  open: OpenData,
  command: Command,
  id: string,
  decision: 'approved' | 'denied',
  { approver, confirm, passphraseStdin }: DecideOptions,
) =>
  withData(io, open, command, async ({ store, journal }) => {
    const approvals = openApprovals(store)
    const approvers = openApprovers(store)
    const approval = await undecided(approvals, id)
    if ((await approvers.list()).length === 0) {
      throw new InvalidInput(
        'Nobody may approve yet.',
        `Set somebody up: ${typed(io, command.optsWithGlobals(), 'approvers add NAME')}`,
      )
    }
    print(io, ...describe(io, approval), '')
    const verb = decision === 'approved' ? 'approve' : 'deny'
    const shown =
      decision === 'approved' && approval.mustType !== undefined ? await readTyped(io, confirm) : undefined
    const question = `Passphrase of ${plainText(approver, 64)} to ${verb} this`
    const passphrase = await readPassphrase(io, { passphraseStdin, question })
    const where = `by ${io.user} at the terminal`
    const decided = await decide(
      { approvals, approvers, journal },
      { id, decision, approver, passphrase, how: 'terminal', typed: shown, where },
    )
    if (decision === 'denied') return print(io, `Denied by ${decided.by}. Nothing will be changed.`)
    if (decided.state === 'pending') {
      return print(io, `Agreed, ${progressOf(decided)}. It takes another person as well.`)
    }
    print(
      io,
      `Approved by ${decided.by}. Nothing has been changed yet: repeat the same call with`,
      `  "approvalId": "${decided.id}"`,
      `before ${showTime(decided.expiresAt)}. It goes through once, if nothing has changed since.`,
    )
  })

/** Until when something can still come of it; empty when nothing can. */
function timeLeft(approval: Approval): string {
  const status = statusOf(approval)
  const minutes = Math.ceil((approval.expiresAt - Date.now()) / 60_000)
  return status === 'pending' || status === 'approved' ? `${minutes} min` : ''
}

/** What a person has to know to decide; whatever came from an app or an agent is made plain, and none of it is cut. */
export function describe(io: Io, approval: Approval): string[] {
  const status = statusOf(approval)
  const fact = (name: string, value: string | undefined) =>
    value
      ? wrap(io, value, ' '.repeat(14)).map((line, at) => (at ? line : `  ${name.padEnd(12)}${line.trim()}`))
      : []
  const left = timeLeft(approval)
  const known = besides(approval).flatMap((line) => wrap(io, line, '  '))
  return [
    `${approval.id}: ${paint(io, STYLES[status], statusText(approval))}`,
    '',
    ...approval.plan.flatMap((line) => wrap(io, line, '  ')),
    '',
    ...(known.length > 0 ? [...known, ''] : []),
    ...fact('reason', approval.reason),
    ...fact('tool', approval.tool),
    ...fact('caller', approval.caller),
    ...fact('client', approval.client),
    ...fact('asked', showTime(approval.createdAt)),
    ...fact('expires', `${showTime(approval.expiresAt)}${left && ` (in ${left})`}`),
    ...fact('takes', whoMustAgree(approval)),
    ...(approval.agreed ?? []).flatMap(({ by, at }) => fact('agreed', `${by}, ${showTime(at)}`)),
    ...(status === 'pending' ? fact('to approve', approval.mustType && `type ${approval.mustType}`) : []),
    ...(approval.decidedAt === undefined
      ? []
      : fact('decided', `${approval.state} by ${approval.by}, ${showTime(approval.decidedAt)}`)),
    ...(approval.usedAt === undefined ? [] : fact('used', showTime(approval.usedAt))),
  ]
}

/** What else a person should know before deciding, and the plan does not say. */
function besides({ briefing }: Approval): string[] {
  const { changes = [], elsewhere } = briefing ?? {}
  const places = (some: readonly Place[]) => some.map(({ app, tenant }) => `${app} (${tenant})`).join(', ')
  const managed = changes.filter(({ accounts }) =>
    accounts.some(({ externalId }) => externalId !== undefined),
  )
  const { active = [], unknown = [] } = elsewhere ?? {}
  return [
    ...(managed.length > 0 ? [`May be managed by an identity provider: ${places(managed)}.`] : []),
    ...(active.length > 0 ? [`Also active elsewhere: ${places(active)}.`] : []),
    ...(unknown.length > 0 ? [`Whether active as well is not known for: ${places(unknown)}.`] : []),
  ]
}

/** An approval for programs: times in ISO 8601, and without the digest, which says nothing to anybody. */
function toDocument(approval: Approval) {
  const { digest: _, ...rest } = approval
  const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString())
  return {
    ...rest,
    status: statusOf(approval),
    ...(approval.agreed && { agreed: approval.agreed.map(({ at, ...yes }) => ({ ...yes, at: iso(at) })) }),
    createdAt: iso(approval.createdAt),
    expiresAt: iso(approval.expiresAt),
    decidedAt: iso(approval.decidedAt),
    usedAt: iso(approval.usedAt),
  }
}
