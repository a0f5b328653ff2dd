import { isSafeAddress } from '../config/address.ts'
import type { WebhookEvent, WebhookFormat } from '../config/webhook.ts'
import { agentInWords, personInWords, type Requester, requesterIn } from '../domain/caller-names.ts'
import type { Anchor } from '../journal/anchor.ts'
import type { JournalLine } from '../journal/events.ts'
import { plainText } from '../text/text.ts'

/** The notification about one journal line, with only what a person needs to know what it is about. */
export interface Message {
  type: WebhookEvent
  /** ISO 8601, UTC. */
  timestamp: string
  data: Requester & {
    call: string
    tool: string
    /** The person or thing concerned, as the caller named it. */
    about?: Record<string, string>
    account?: JournalLine['account']
    approval?: JournalLine['approval']
    /** What its owner does by hand. */
    task?: JournalLine['task']
    /** Link or command for the approver, who still needs the passphrase. */
    approveAt?: string
    code?: string
  }
  anchor: Anchor
}

/** The webhook event of a line; undefined for questions asked in the client, and for mere progress. */
export function eventOf({ event, tool, approval, code, task }: JournalLine): WebhookEvent | undefined {
  if (/^brake\b/.test(tool) && event === 'done') return 'braked'
  if (event === 'started') return task && 'task'
  // With a code, it waits in line and people are not told yet.
  if (event === 'asked') return approval && approval.how !== 'form' && !code ? 'waiting' : undefined
  if (event === 'failed' && approval && code === 'approval_void') return 'unused'
  return event === 'approved' || event === 'denied' || event === 'refused' ? event : undefined
}

// Notes are excluded too: one can contain text typed into the wrong field.
const SUBJECT_ARGS = [
  'user',
  'people',
  'users',
  'email',
  'group',
  'match',
  'tenant',
  'tenants',
  'change',
  'reason',
]

export function messageOf(
  line: JournalLine,
  { type, anchor, approveAt }: { type: WebhookEvent; anchor: Anchor; approveAt?: string | undefined },
): Message {
  const { at, call, tool, account, approval, code, task, args = {} } = line
  const about = SUBJECT_ARGS.flatMap((name) => {
    const value = args[name]
    return value === undefined ? [] : [[name, plainText(textOf(value), 300)] as const]
  })
  return {
    type,
    timestamp: at,
    data: {
      call,
      tool,
      ...requesterIn(line),
      ...(about.length > 0 && { about: Object.fromEntries(about) }),
      ...(account && { account }),
      ...(approval && { approval }),
      ...(task && { task }),
      ...(approveAt && { approveAt }),
      ...(code && { code }),
    },
    anchor,
  }
}

const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(textOf).join(', ')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value)

const TITLES: Record<WebhookEvent, string> = {
  waiting: 'A change is waiting for approval',
  approved: 'A change was approved',
  denied: 'A change was denied',
  unused: 'A change was approved, and not made before the approval expired',
  refused: 'A call was refused',
  braked: 'The brake on changes was used',
  task: 'Somebody is to be deactivated by hand',
}

/** Converts a message to each format. */
export const FORMATTERS: Record<WebhookFormat, (message: Message) => unknown> = {
  json: (message) => message,
  slack: toSlack,
  teams: toTeams,
}

/** The labelled fields for a person, at most ten: Slack shows no more. */
function labelledFields({ data }: Message): [string, string][] {
  const { tool, agent, via, client, about = {}, account, approval, code, task } = data
  const person = personInWords(data)
  const fields: [string, string | undefined][] = [
    ['Tool', tool],
    ['Requested by', client ? `${person} (${client})` : person],
    ['Agent', agent && agentInWords({ agent, via })],
    ['Target', account?.userName ?? about.user ?? about.email ?? about.group ?? about.match ?? about.change],
    ['Tenant', account?.tenant ?? about.tenant ?? about.tenants],
    ['Reason', about.reason],
    ['Owner', task?.owner],
    ['Task', task?.id],
    ['Approval', approval?.id],
    ['Decided by', approval?.by],
    ['Code', code],
  ]
  return fields.flatMap(([name, value]) => (value ? [[name, plainText(value, 300)]] : []))
}

/** Whether it is the address of an approval page, and no command to type. */
const isLink = (text: string | undefined): text is string => text !== undefined && isSafeAddress(text)

const LINK_TEXT = 'Open the approval page'

/**
 * Blocks for a Slack channel. Untrusted text is formatted as code, where links, mentions and bold have no effect, with
 * Slack's three control characters escaped (docs.slack.dev, "Formatting message text").
 */
function toSlack(message: Message): unknown {
  const code = (text: string) =>
    `\`${text.replaceAll('`', "'").replace(/[&<>]/g, (one) => ENTITIES[one] ?? one)}\``
  const text = (mrkdwn: string) => ({ type: 'mrkdwn', verbatim: true, text: mrkdwn })
  const { approveAt } = message.data
  // A button would need an app that answers Slack when it is pressed; a link needs nothing.
  const where = isLink(approveAt)
    ? `<${new URL(approveAt).href}|${LINK_TEXT}>`
    : approveAt && `Decide at ${code(approveAt)}`
  return {
    text: TITLES[message.type],
    blocks: [
      { type: 'section', text: text(`*${TITLES[message.type]}*`) },
      {
        type: 'section',
        fields: labelledFields(message).map(([name, value]) => text(`*${name}*\n${code(value)}`)),
      },
      ...(where ? [{ type: 'section', text: text(where) }] : []),
      { type: 'context', elements: [text(code(JSON.stringify(message.anchor)))] },
    ],
  }
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** An Adaptive Card for Teams. Untrusted text is in text runs, which have no Markdown (adaptivecards.io, `TextRun`). */
function toTeams(message: Message): unknown {
  const { approveAt } = message.data
  const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more })
  const line = (...inlines: object[]) => ({ type: 'RichTextBlock', inlines })
  const lines = [...labelledFields(message), ...(approveAt ? [['Decide at', approveAt] as const] : [])]
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      { type: 'TextBlock', text: TITLES[message.type], weight: 'Bolder', wrap: true },
      ...lines.map(([name, value]) => line(run(`${name}: `, { weight: 'Bolder' }), run(value))),
      line(run(JSON.stringify(message.anchor), { size: 'Small', fontType: 'Monospace' })),
    ],
    ...(isLink(approveAt) && {
      actions: [{ type: 'Action.OpenUrl', title: LINK_TEXT, url: new URL(approveAt).href }],
    }),
  }
  return {
    type: 'message',
    // A flow made by the Workflows app reads `contentUrl` too.
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  }
}
