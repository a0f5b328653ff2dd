import type { WebhookEvent, WebhookFormat } from '../config/webhook.ts'
import type { Anchor } from '../journal/anchor.ts'
import type { JournalLine } from '../journal/events.ts'
import { plainText } from '../text/text.ts'

/** What people are told of one line of the journal: no more than it takes to know what it is about. */
export interface Message {
  type: WebhookEvent
  /** ISO 8601, UTC. */
  timestamp: string
  data: {
    call: string
    tool: string
    caller: string
    client?: string
    /** Whom or what it is about, as the caller named it. */
    about?: Record<string, string>
    account?: JournalLine['account']
    approval?: JournalLine['approval']
    /** Address or command at which an approver decides; it takes their passphrase. */
    approveAt?: string
    code?: string
  }
  anchor: Anchor
}

/** Of which event people are told by a line; undefined for what is between the caller and its client, or mere progress. */
export function eventOf({ event, tool, approval }: JournalLine): WebhookEvent | undefined {
  if (/^brake\b/.test(tool) && event === 'done') return 'braked'
  if (event === 'asked') return approval && approval.how !== 'form' ? 'waiting' : undefined
  return event === 'approved' || event === 'denied' || event === 'refused' ? event : undefined
}

// Notes stay out as well: one may hold what somebody typed into the wrong field.
const NAMED = ['user', 'email', 'group', 'match', 'tenant', 'tenants', 'change', 'reason']

export function messageOf(
  line: JournalLine,
  { type, anchor, approveAt }: { type: WebhookEvent; anchor: Anchor; approveAt?: string | undefined },
): Message {
  const { at, call, tool, caller, client, account, approval, code, args = {} } = line
  const about = NAMED.flatMap((name) => {
    const value = args[name]
    return value === undefined ? [] : [[name, plainText(wordsOf(value), 300)] as const]
  })
  return {
    type,
    timestamp: at,
    data: {
      call,
      tool,
      caller,
      ...(client && { client }),
      ...(about.length > 0 && { about: Object.fromEntries(about) }),
      ...(account && { account }),
      ...(approval && { approval }),
      ...(approveAt && { approveAt }),
      ...(code && { code }),
    },
    anchor,
  }
}

const wordsOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(wordsOf).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

const TITLES: Record<WebhookEvent, string> = {
  waiting: 'A change waits for a person',
  approved: 'An approver agreed to a change',
  denied: 'A change was denied',
  refused: 'A call was refused',
  braked: 'The brake on changes was used',
}

/** The message as a receiver of that format takes it. */
export const SHAPES: Record<WebhookFormat, (message: Message) => unknown> = {
  json: (message) => message,
  slack: toSlack,
  teams: toTeams,
}

/** What a person reads, under a heading each; at most ten of them. */
function facts({ data }: Message): [string, string][] {
  const { tool, caller, client, about = {}, account, approval, code } = data
  const said: [string, string | undefined][] = [
    ['What', tool],
    ['Who asked', client ? `${caller} (${client})` : caller],
    ['Whom', account?.userName ?? about.user ?? about.email ?? about.group ?? about.match ?? about.change],
    ['Where', account?.tenant ?? about.tenant ?? about.tenants],
    ['Why', about.reason],
    ['Approval', approval?.id],
    ['Decided by', approval?.by],
    ['Code', code],
  ]
  return said.flatMap(([name, value]) => (value ? [[name, plainText(value, 300)]] : []))
}

const isAddress = (text: string | undefined): text is string =>
  text !== undefined && /^https?:\/\//.test(text)

/**
 * Blocks for a channel of Slack. What is not ours stands as code, in which nothing is a link, a mention or bold, with
 * the three characters escaped that Slack gives a meaning everywhere (docs.slack.dev, "Formatting message text").
 */
function toSlack(message: Message): unknown {
  const code = (text: string) =>
    `\`${text.replaceAll('`', "'").replace(/[&<>]/g, (one) => ENTITIES[one] ?? one)}\``
  const text = (said: string) => ({ type: 'mrkdwn', verbatim: true, text: said })
  const { approveAt } = message.data
  const where = isAddress(approveAt) ? `<${new URL(approveAt).href}>` : approveAt && code(approveAt)
  return {
    text: TITLES[message.type],
    blocks: [
      { type: 'section', text: text(`*${TITLES[message.type]}*`) },
      { type: 'section', fields: facts(message).map(([name, value]) => text(`*${name}*\n${code(value)}`)) },
      ...(where ? [{ type: 'section', text: text(`Decide at ${where}`) }] : []),
      { type: 'context', elements: [text(code(JSON.stringify(message.anchor)))] },
    ],
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** An adaptive card for Teams. What is not ours stands in text runs, which know no Markdown (adaptivecards.io, `TextRun`). */
function toTeams(message: Message): unknown {
  const { approveAt } = message.data
  const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more })
  const line = (...inlines: object[]) => ({ type: 'RichTextBlock', inlines })
  const told = [...facts(message), ...(approveAt ? [['Decide at', approveAt] as const] : [])]
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', text: TITLES[message.type], weight: 'Bolder', wrap: true },
      ...told.map(([name, value]) => line(run(`${name}: `, { weight: 'Bolder' }), run(value))),
      line(run(JSON.stringify(message.anchor), { size: 'Small', fontType: 'Monospace' })),
    ],
    ...(isAddress(approveAt) && {
      actions: [{ type: 'Action.OpenUrl', title: 'Open the approval page', url: new URL(approveAt).href }],
    }),
  }
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }],
  }
}
