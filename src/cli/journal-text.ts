import type { Io } from '../app/io.ts'
import { recalled } from '../changes/index.ts'
import { inWords, shortName } from '../domain/caller-names.ts'
import type { JournalLine } from '../journal/events.ts'
import { endsWrite } from '../journal/query.ts'
import { plainText } from '../text/text.ts'
import { type Cell, roomOf, table } from './table.ts'
import { paint, type Style, wrap } from './terminal.ts'

const EVENT_STYLES: Record<string, Style> = {
  asked: 'cyan',
  refused: 'red',
  declined: 'yellow',
  approved: 'green',
  denied: 'red',
  started: 'cyan',
  done: 'green',
  failed: 'red',
  unknown: 'magenta',
  lost: 'red',
}

const event = ({ event: text }: JournalLine): Cell => ({ text, style: EVENT_STYLES[text] ?? 'white' })

/** "2026-03-01 12:42:07", in UTC. */
const time = ({ at }: JournalLine) => plainText(at).slice(0, 19).replace('T', ' ')

/** On a narrower terminal, who called what gives way to whom it was about. */
const WIDE_ENOUGH = 100

/** Journal lines as table rows. */
export function rows(io: Io, lines: readonly JournalLine[]): string[] {
  const isWide = roomOf(io) >= WIDE_ENOUGH
  return table(
    io,
    lines.map((line) => [
      String(line.seq),
      time(line),
      event(line),
      ...(isWide ? [plainText(line.tool, 24), plainText(shortName(line), 20)] : []),
      subjectOf(line),
    ]),
    // With --follow, rows are printed one at a time and still align.
    [5, 19, 8, ...(isWide ? [17, 10] : [])],
  )
}

/** What an event was about, in a few words. */
function subjectOf({ account, approval, code, note, args }: JournalLine): string {
  const parts = [
    account && `${account.userName} in ${account.tenant}`,
    approval && `approval ${approval.id}${approval.by === undefined ? '' : ` by ${approval.by}`}`,
    code,
    note?.replace(/\.$/, ''),
    !account && args && toWords(args),
  ]
  return parts.filter(Boolean).join(', ')
}

/** Arguments as text: the user first, the reason last. */
const toWords = ({ user, reason, ...args }: Record<string, unknown>): string =>
  Object.entries({ ...(user !== undefined && { user }), ...args, ...(reason !== undefined && { reason }) })
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')

/** All entries about one call, in prose: who asked for what, who approved it, how it ended. One story per caller. */
export function story(io: Io, lines: readonly JournalLine[]): string[] {
  const callers = [...new Set(lines.map(({ caller }) => caller))]
  const stories = callers.map((caller) =>
    storyOf(
      io,
      lines.filter((line) => line.caller === caller),
    ),
  )
  return stories.flatMap((one, at) => (at > 0 ? ['', ...one] : one))
}

function storyOf(io: Io, lines: readonly JournalLine[]): string[] {
  const first = lines[0]
  if (!first) return []
  const by = [inWords(first), first.client && `(${first.client})`].filter(Boolean).join(' ')
  const args = lines.find((line) => line.args)?.args
  return [
    `Call ${plainText(first.call, 64)}: ${plainText(first.tool, 64)}`,
    ...wrap(io, `requested by ${by}`, '  '),
    ...(first.requestId === undefined ? [] : wrap(io, `the client’s own id: ${first.requestId}`, '  ')),
    ...Object.entries(args ?? {}).flatMap(([name, value]) => wrap(io, toWords({ [name]: value }), '  ')),
    '',
    ...lines.flatMap((line) => entryLines(io, line)),
    ...lines.filter((line) => isOpen(line, lines)).flatMap((line) => openEnd(io, line)),
  ]
}

/** Whether the journal has the start of a write, but not its end. */
const isOpen = (line: JournalLine, lines: readonly JournalLine[]): boolean =>
  line.event === 'started' && line.account !== undefined && !lines.some((other) => endsWrite(line, other))

const openEnd = (io: Io, { seq, account, task }: JournalLine): string[] => [
  '',
  ...wrap(
    io,
    task
      ? `${task.owner} has not said yet that ${task.id} is done.`
      : `The journal does not say how ${seq} ended: it is still in flight, or the server stopped first. Look up ` +
          `${account?.userName} in ${account?.tenant}, or let the agent repeat the call, which finds out by itself.`,
    '  ',
  ),
]

function entryLines(io: Io, line: JournalLine): string[] {
  const name = plainText(line.event, 12)
  const head = `${String(line.seq).padStart(6)}  ${time(line)}  `
  const [first = '', ...more] = wrap(io, entryText(line), ' '.repeat(head.length + 10))
  return [
    `${head}${paint(io, EVENT_STYLES[name] ?? 'white', name.padEnd(10))}${first.trim()}`.trimEnd(),
    ...more,
  ]
}

function entryText({ event: name, account, approval, task, before, code, note }: JournalLine): string {
  const how = { form: 'in a form of the client', terminal: 'in a terminal', page: 'on the approval page' }
  const where = approval?.how && ` ${how[approval.how] ?? approval.how}`
  const who = approval?.by === undefined ? '' : ` by ${approval.by}`
  const parts = [
    account && `${account.userName} in ${account.tenant} (id ${account.id})`,
    approval && `approval ${approval.id}${who}${where ?? ''}`,
    task && `${task.id}, for ${task.owner}`,
    before && beforeText(before),
    name === 'unknown' && 'it may or may not have happened',
    code,
    note,
  ]
  return parts.filter(Boolean).join('; ')
}

/** A before-image in words. The file may not be ours, so it can hold anything. */
const beforeText = (before: NonNullable<JournalLine['before']>): string | undefined =>
  before.cut ? 'the before-image was too long to keep' : recalled(before)?.story
