import type { Io } from '../app/io.ts'
import { recalled } from '../changes/index.ts'
import type { JournalLine } from '../journal/events.ts'
import { endsWrite } from '../journal/query.ts'
import { plainText } from '../text/text.ts'
import { type Cell, paint, type Style, table, wrap } from './data.ts'

const STYLES: Record<string, Style> = {
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

const event = ({ event: text }: JournalLine): Cell => ({ text, style: STYLES[text] ?? 'white' })

/** "2026-03-01 12:42:07", in UTC. */
const time = ({ at }: JournalLine) => plainText(at).slice(0, 19).replace('T', ' ')

/** Lines of the journal, one to a row. */
export const rows = (io: Io, lines: readonly JournalLine[]): string[] =>
  table(
    io,
    lines.map((line) => [
      String(line.seq),
      time(line),
      event(line),
      plainText(line.tool, 24),
      plainText(line.caller, 20),
      what(line),
    ]),
    // So that lines shown one by one stand under one another too.
    [5, 19, 8, 17, 10],
  )

/** What an event was about, in as few words as there are. */
function what({ account, approval, code, note, args }: JournalLine): string {
  const parts = [
    account && `${account.userName} in ${account.tenant}`,
    approval && `approval ${approval.id}${approval.by === undefined ? '' : ` by ${approval.by}`}`,
    code,
    note?.replace(/\.$/, ''),
    !account && args && toWords(args),
  ]
  return parts.filter(Boolean).join(', ')
}

/** Whom it was about first, and why last. */
const toWords = ({ user, reason, ...args }: Record<string, unknown>): string =>
  Object.entries({ ...(user !== undefined && { user }), ...args, ...(reason !== undefined && { reason }) })
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')

/** All that is recorded about one call, as a story: who asked for what, who agreed, what came of it. */
export function story(io: Io, lines: readonly JournalLine[]): string[] {
  const first = lines[0]
  if (!first) return []
  const by = [first.caller, first.client && `(${first.client})`].filter(Boolean).join(' ')
  const args = lines.find((line) => line.args)?.args
  return [
    `Call ${plainText(first.call, 64)}: ${plainText(first.tool, 64)}`,
    ...wrap(io, `asked for by ${by}`, '  '),
    ...Object.entries(args ?? {}).flatMap(([name, value]) => wrap(io, toWords({ [name]: value }), '  ')),
    '',
    ...lines.flatMap((line) => chapter(io, line)),
    ...lines.filter((line) => isOpen(line, lines)).flatMap((line) => openEnd(io, line)),
  ]
}

/** Whether a write began of which nobody has written down how it ended. */
const isOpen = (line: JournalLine, lines: readonly JournalLine[]): boolean =>
  line.event === 'started' && line.account !== undefined && !lines.some((other) => endsWrite(line, other))

const openEnd = (io: Io, { seq, account }: JournalLine): string[] => [
  '',
  ...wrap(
    io,
    `How ${seq} ended was not written down: it is still under way, or the server was gone before it knew. Look ` +
      `${account?.userName} up in ${account?.tenant}, or have the agent make the call again: it finds out by itself.`,
    '  ',
  ),
]

function chapter(io: Io, line: JournalLine): string[] {
  const name = plainText(line.event, 12)
  const head = `${String(line.seq).padStart(6)}  ${time(line)}  `
  const [first = '', ...more] = wrap(io, tell(line), ' '.repeat(head.length + 10))
  return [`${head}${paint(io, STYLES[name] ?? 'white', name.padEnd(10))}${first.trim()}`.trimEnd(), ...more]
}

function tell({ event: name, account, approval, before, code, note }: JournalLine): string {
  const how = { form: 'in a form of the client', terminal: 'in a terminal', page: 'on the approval page' }
  const where = approval?.how && ` ${how[approval.how] ?? approval.how}`
  const who = approval?.by === undefined ? '' : ` by ${approval.by}`
  const parts = [
    account && `${account.userName} in ${account.tenant} (id ${account.id})`,
    approval && `approval ${approval.id}${who}${where ?? ''}`,
    before && found(before),
    name === 'unknown' && 'it may have happened, or not',
    code,
    note,
  ]
  return parts.filter(Boolean).join('; ')
}

/** What a write found, as its before-image has it; of other files than ours anything may be expected. */
const found = (before: NonNullable<JournalLine['before']>): string | undefined =>
  before.cut ? 'what it found was too long to be kept whole' : recalled(before)?.story
