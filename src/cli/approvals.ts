import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { shownRuns } from '../app/run-progress.ts'
import { typed } from '../app/stores.ts'
import { type Approval, progressOf, statusOf, whoMustAgree } from '../approvals/approval.ts'
import { noRequest, openApprovals } from '../approvals/approvals.ts'
import { openApprovers } from '../approvals/approvers.ts'
import { decide, undecided } from '../approvals/decide.ts'
import { answerToRequester, appOf, type Result, resultOf } from '../approvals/result.ts'
import { journalNews } from '../approvals/tend.ts'
import type { Place } from '../domain/briefing.ts'
import { agentInWords, personInWords, shortName } from '../domain/caller-names.ts'
import { InvalidInput } from '../errors.ts'
import { openRunStore } from '../runs/run-store.ts'
import { plainText } from '../text/text.ts'
import { runLines } from './follow-run.ts'
import { givenOrTypedApprover, readPassphrase, readTyped } from './prompts.ts'
import { roomOf, table } from './table.ts'
import { newCommand, paint, print, type Style, showTime, toJson, wrap } from './terminal.ts'
import { type OpenData, withData } from './with-data.ts'

/** Lists pending approval requests and lets a person decide them. */
export function approvalsCommand(io: Io, open: OpenData): Command {
  const approvals = newCommand(io, 'approvals', 'List, approve and deny pending requests')
  approvals
    .command('list', { isDefault: true })
    .description('List pending requests')
    .option('--all', 'include decided, used and expired requests')
    .option('--json', 'as JSON')
    .action((options: { all?: true; json?: true }, command: Command) =>
      listRequests(io, open, command, options),
    )
  approvals
    .command('show <id>')
    .description('Show one request with its full plan')
    .option('--json', 'as JSON')
    .action((id: string, options: { json?: true }, command: Command) =>
      showRequest(io, open, command, id, options),
    )
  for (const { name, decision, description } of DECISIONS) {
    const command = approvals
      .command(`${name} <id>`)
      .description(description)
      .option('--approver <name>', 'who decides; asked for if missing')
      .option('--passphrase-stdin', "read the approver's passphrase from standard input")
      .action((id: string, options: DecideOptions, command: Command) =>
        decideRequest(io, open, command, id, decision, options),
      )
    if (decision === 'approved') {
      command.option('--confirm <text>', 'the user name or number of accounts, if the change requires it')
    } else command.option('--reason <text>', 'why, for the agent to read')
  }
  return approvals
}

const DECISIONS = [
  { name: 'approve', decision: 'approved', description: 'Approve exactly this plan, once' },
  { name: 'deny', decision: 'denied', description: 'Deny this plan' },
] as const

interface DecideOptions {
  approver?: string
  confirm?: string
  reason?: string
  passphraseStdin?: true
}

const listRequests = (io: Io, open: OpenData, command: Command, { all, json }: { all?: true; json?: true }) =>
  withData(io, open, command, async ({ store, journal }) => {
    const kept = openApprovals(store)
    await journalNews({ approvals: kept, journal })
    const inLine = await kept.inLine()
    const listed = await kept.list({ pending: !all })
    const approvals = all ? listed : listed.filter(({ id }) => !inLine.has(id))
    if (json) return print(io, toJson({ approvals: approvals.map(toDocument), inLine: inLine.size }, 2))
    if (approvals.length === 0)
      return print(io, all ? 'There are no requests.' : 'There are no pending requests.')
    const folded = foldLike(approvals)
    const isWide = roomOf(io) >= WIDE_ENOUGH
    const rows = folded.map(([approval]) => {
      const status = statusOf(approval)
      const shown = inLine.has(approval.id) ? 'in line' : statusText(approval)
      return [
        approval.id,
        { text: shown, style: STATUS_STYLES[status] },
        timeLeft(approval),
        approval.tool,
        plainText(shortName(approval), 24),
        ...(isWide ? [approval.plan[0] ?? ''] : []),
      ]
    })
    const headings = isWide ? [...HEADINGS, 'PLAN'] : HEADINGS
    const [head = '', ...lines] = table(io, [headings, ...rows])
    // The plan is what a person decides from, so that it is never cut to nothing.
    const plans = isWide ? [] : folded.map(([{ plan }]) => wrap(io, plan[0] ?? '', '  '))
    const like = folded.flatMap(([first, ...rest]) =>
      rest.length > 0
        ? wrap(io, `${first.id} and ${rest.length} more like it: ${rest.map(({ id }) => id).join(', ')}`, '')
        : [],
    )
    print(
      io,
      head,
      ...lines.flatMap((line, at) => [line, ...(plans[at] ?? [])]),
      ...(like.length > 0 ? ['', ...like] : []),
      ...(inLine.size > 0 && !all ? ['', `${inLine.size} more wait in line; --all lists them, too.`] : []),
      '',
      `Show one in full: ${typed(io, command.optsWithGlobals(), 'approvals show ID')}`,
    )
  })

/** Requests of one caller for the same reason, with the same tool and status at the same tenants, are one entry. */
function foldLike(approvals: readonly Approval[]): [Approval, ...Approval[]][] {
  const entries = new Map<string, [Approval, ...Approval[]]>()
  for (const approval of approvals) {
    const { caller, tool, reason, briefing } = approval
    const tenants = [
      ...new Set(
        briefing?.run ? [approval.id] : (briefing?.changes.map(({ tenant }) => tenant) ?? [approval.id]),
      ),
    ].sort()
    const key = JSON.stringify([caller, tool, reason, tenants, statusText(approval)])
    const entry = entries.get(key)
    if (entry) entry.push(approval)
    else entries.set(key, [approval])
  }
  return [...entries.values()]
}

/** For instance "approved", or "pending, 1 of 2". */
const statusText = (approval: Approval): string => {
  const status = statusOf(approval)
  if (status === 'expired' && approval.state === 'approved') return 'approved, not used'
  return status === 'pending' ? [status, progressOf(approval)].filter(Boolean).join(', ') : status
}

const HEADINGS = ['ID', 'STATE', 'LEFT', 'TOOL', 'CALLER']
/** Columns from which on the plan stands in its row. */
const WIDE_ENOUGH = 140

const STATUS_STYLES: Record<ReturnType<typeof statusOf>, Style> = {
  pending: 'yellow',
  approved: 'green',
  denied: 'red',
  used: 'gray',
  expired: 'gray',
}

const showRequest = (io: Io, open: OpenData, command: Command, id: string, { json }: { json?: true }) =>
  withData(io, open, command, async ({ store, journal }) => {
    const approval = await openApprovals(store).get(id)
    if (!approval) throw noRequest(plainText(id, 40))
    const runs = openRunStore(store, store)
    const parts = { journal, runs: shownRuns(() => runs) }
    const result = approval.state === 'approved' ? await resultOf(parts, approval) : undefined
    const told = result && { result: { ...result, answer: answerToRequester(approval, result) } }
    print(
      io,
      ...(json
        ? [toJson({ ...toDocument(approval), ...told }, 2)]
        : [...describeRequest(io, approval), ...describeResult(io, approval, result)]),
    )
  })

const decideRequest = (
  io: Io,
  open: OpenData,
  command: Command,
  id: string,
  decision: 'approved' | 'denied',
  { approver: named, confirm, reason, passphraseStdin }: DecideOptions,
) =>
  withData(io, open, command, async ({ store, journal }) => {
    const approvals = openApprovals(store)
    const approvers = openApprovers(store, io.scryptCost)
    const approval = await undecided(approvals, id)
    if ((await approvers.list()).length === 0) {
      throw new InvalidInput(
        'There are no approvers yet.',
        `Add one: ${typed(io, command.optsWithGlobals(), 'approvers add NAME')}`,
      )
    }
    print(io, ...describeRequest(io, approval), '')
    const approver = await givenOrTypedApprover(io, named)
    const verb = decision === 'approved' ? 'approve' : 'deny'
    const shown =
      decision === 'approved' && approval.mustType !== undefined ? await readTyped(io, confirm) : undefined
    const question = `Passphrase of ${plainText(approver, 64)} to ${verb} this`
    const passphrase = await readPassphrase(io, { passphraseStdin, question })
    const where = `by ${io.user} at the terminal`
    const decided = await decide(
      { approvals, approvers, journal },
      { id, decision, approver, passphrase, how: 'terminal', typed: shown, reason, where },
    )
    if (decision === 'denied') {
      return print(
        io,
        `Denied by ${decided.by}. Nothing is changed.`,
        ...describeResult(io, decided, undefined),
      )
    }
    if (decided.state === 'pending') {
      return print(io, `Approved, ${progressOf(decided)}. Another person must approve it too.`)
    }
    print(
      io,
      `Approved by ${decided.by}. Nothing has been changed yet: the agent must repeat the same call with`,
      `  "approvalId": "${decided.id}"`,
      `before ${showTime(decided.expiresAt)}. It runs once, and only if the accounts are unchanged.`,
    )
  })

/** The time until it expires; empty if it cannot be used any more. */
function timeLeft(approval: Approval): string {
  const status = statusOf(approval)
  const minutes = Math.ceil((approval.expiresAt - Date.now()) / 60_000)
  return status === 'pending' || status === 'approved' ? `${minutes} min` : ''
}

/** What a person needs to decide. Text from apps and agents is made safe to show and never cut. */
export function describeRequest(io: Io, approval: Approval): string[] {
  const status = statusOf(approval)
  const fact = (name: string, value: string | undefined) =>
    value
      ? wrap(io, value, ' '.repeat(14)).map((line, at) => (at ? line : `  ${name.padEnd(12)}${line.trim()}`))
      : []
  const left = timeLeft(approval)
  const known = contextOf(approval).flatMap((line) => wrap(io, line, '  '))
  return [
    `${approval.id}: ${paint(io, STATUS_STYLES[status], statusText(approval))}`,
    '',
    ...approval.plan.flatMap((line) => wrap(io, line, '  ')),
    '',
    ...(known.length > 0 ? [...known, ''] : []),
    ...fact('reason', approval.reason),
    ...fact('tool', approval.tool),
    ...fact('caller', personInWords(approval)),
    ...fact('agent', approval.agent && agentInWords({ agent: approval.agent, via: approval.via })),
    ...fact('client', approval.client),
    ...fact('asked', showTime(approval.createdAt)),
    ...fact('expires', `${showTime(approval.expiresAt)}${left && ` (in ${left})`}`),
    ...fact('takes', whoMustAgree(approval)),
    ...(approval.agreed ?? []).flatMap(({ by, at }) => fact('agreed', `${by}, ${showTime(at)}`)),
    ...(status === 'pending' ? fact('to approve', approval.mustType && `type ${approval.mustType}`) : []),
    ...(approval.decidedAt === undefined
      ? []
      : fact('decided', `${approval.state} by ${approval.by}, ${showTime(approval.decidedAt)}`)),
    ...fact('because', approval.denialReason),
    ...(approval.usedAt === undefined ? [] : fact('used', showTime(approval.usedAt))),
  ]
}

/** What came of a request, and what to say to whoever asked. */
function describeResult(io: Io, approval: Approval, result: Result | undefined): string[] {
  const answer = answerToRequester(approval, result)
  const writes = result?.writes.map(({ tenant, userName, state, note }) => [
    `  ${appOf(tenant, approval.briefing)}`,
    userName,
    { text: state, style: state === 'done' ? ('green' as const) : ('red' as const) },
    note ?? '',
  ])
  return [
    ...(result ? ['', `What came of it: ${result.state}`] : []),
    ...(result?.run ? runLines(io, result.run) : []),
    ...(writes && writes.length > 0 ? table(io, writes) : []),
    ...(answer === undefined ? [] : ['', 'For whoever asked:', ...wrap(io, answer, '  ')]),
  ]
}

/** What a person should know before deciding and the plan does not say. */
function contextOf({ briefing }: Approval): string[] {
  const { changes = [], elsewhere } = briefing ?? {}
  const places = (some: readonly Place[]) => some.map(({ app, tenant }) => `${app} (${tenant})`).join(', ')
  const managed = changes.filter(({ accounts }) =>
    accounts.some(({ externalId }) => externalId !== undefined),
  )
  const { active = [], unknown = [] } = elsewhere ?? {}
  return [
    ...(managed.length > 0 ? [`May be managed by an identity provider: ${places(managed)}.`] : []),
    ...(active.length > 0 ? [`Also active elsewhere: ${places(active)}.`] : []),
    ...(unknown.length > 0 ? [`Unknown whether also active in: ${places(unknown)}.`] : []),
  ]
}

/** An approval as JSON: times in ISO 8601, without the internal digest, and without names that nobody vouches for. */
function toDocument(approval: Approval) {
  const { digest: _, mayBe: __, ...rest } = approval
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
