import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { WebhookEvent, WebhookSettings } from '../config/webhook.ts'
import { type Signer, unsigned } from '../journal/anchor.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import type { Log } from '../log.ts'
import type { Secret } from '../secret.ts'
import { eventOf, FORMATTERS, messageOf } from './message.ts'

/** Sends notifications, which cannot decide anything. */
export interface Webhook {
  /** Returns immediately and never throws; failed deliveries are logged. */
  tell(line: JournalLine): void
  /** Drains the queue for a short time. */
  close(): Promise<void>
}

export interface Telling {
  /** The link or command to decide a request. */
  approveAt?: (approvalId: string) => Promise<string>
  /** The page of a task. */
  taskAt?: (taskId: string) => Promise<string | undefined>
  /** Signs the anchor in each message. */
  signer?: Signer | undefined
  log: Log
  /** Sends over the connections of the settings; default: directly. */
  fetch?: typeof fetch
  /** How long to wait before the next attempt, milliseconds, after `failed` attempts. */
  waitMs?: (failed: number) => number
}

/**
 * Most queued messages of each class; beyond that, new ones are dropped to protect the memory. A caller can bring about any
 * number of refusals, so those have a queue of their own, and wait for what people have to know.
 */
const MAX_QUEUED = { first: 200, later: 50 }
type Class = keyof typeof MAX_QUEUED
const classOf = (type: WebhookEvent): Class => (type === 'refused' ? 'later' : 'first')
const MAX_ATTEMPTS = 8
const ATTEMPT_MS = 5_000
const DRAIN_MS = 3_000

/** Exponential backoff from one second up to a minute, with random jitter to spread server instances. */
const backoff = (failed: number) => Math.min(60_000, 1_000 * 2 ** (failed - 1)) * (0.5 + Math.random() / 2)

export function openWebhook(
  { url, secret, format, events }: WebhookSettings,
  { approveAt, taskAt, signer, log, fetch: send = fetch, waitMs = backoff }: Telling,
): Webhook {
  const pending = { first: new Set<Promise<void>>(), later: new Set<Promise<void>>() }
  const [closing, over] = [new AbortController(), new AbortController()]
  // One request at a time and in order, refusals last; retries let other messages go first.
  const turns: Record<Class, (() => void)[]> = { first: [], later: [] }
  let sending = false
  const inTurn = async (kind: Class, work: () => Promise<string>): Promise<string> => {
    if (sending) await new Promise<void>((begin) => turns[kind].push(begin))
    sending = true
    try {
      return await work()
    } finally {
      const next = turns.first.shift() ?? turns.later.shift()
      if (next) next()
      else sending = false
    }
  }

  const deliver = async (line: JournalLine, type: WebhookEvent): Promise<void> => {
    const anchor = (signer?.anchor ?? unsigned)(line, new Date(line.at))
    const where =
      type === 'waiting' && line.approval
        ? await approveAt?.(line.approval.id)
        : line.task && (await taskAt?.(line.task.id))
    const body = JSON.stringify(FORMATTERS[format](messageOf(line, { type, anchor, approveAt: where })))
    // The same for every attempt, so a receiver can detect duplicates.
    const id = `msg_${line.hash.slice(0, 32)}`
    for (let attempt = 1; ; attempt++) {
      const answer = await inTurn(classOf(type), () => post(send, url, signed(secret, id, body), over.signal))
      if (answer === 'taken') return
      if (answer === 'gone' || attempt === MAX_ATTEMPTS || closing.signal.aborted) throw new Error(answer)
      await pause(waitMs(attempt), undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
    }
  }

  const logUndelivered = (line: JournalLine, type: WebhookEvent, error: unknown) =>
    log.error(`the webhook message "${type}" for journal entry ${line.seq} was not delivered`, {
      reference: line.call,
      error: url.scrub(error instanceof Error ? error.message : String(error)),
    })

  return {
    tell(line) {
      const type = eventOf(line)
      if (!type || !events.includes(type)) return
      const kind = classOf(type)
      if (pending[kind].size >= MAX_QUEUED[kind]) return logUndelivered(line, type, 'the queue is full')
      const work = deliver(line, type)
        .catch((error) => logUndelivered(line, type, error))
        .finally(() => pending[kind].delete(work))
      pending[kind].add(work)
    },
    async close() {
      closing.abort()
      const timer = setTimeout(() => over.abort(), DRAIN_MS)
      await Promise.all([...pending.first, ...pending.later])
      clearTimeout(timer)
    },
  }
}

interface SignedMessage {
  headers: Record<string, string>
  body: string
}

/** Standard Webhooks headers (standardwebhooks.com); the signature covers id, epoch seconds and body. */
function signed(secret: Secret, id: string, body: string, now = Date.now()): SignedMessage {
  const timestamp = String(Math.floor(now / 1000))
  const [, encoded] = /^whsec_(.+)$/.exec(secret.reveal()) ?? []
  const key = encoded === undefined ? Buffer.from(secret.reveal()) : Buffer.from(encoded, 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  }
}

/** Sends a message once. Returns errors as text, never throws. Does not follow redirects, which could lead anywhere. */
async function post(
  send: typeof fetch,
  url: Secret,
  message: SignedMessage,
  over: AbortSignal,
): Promise<'taken' | 'gone' | string> {
  try {
    const signal = AbortSignal.any([over, AbortSignal.timeout(ATTEMPT_MS)])
    const response = await send(url.reveal(), { method: 'POST', redirect: 'manual', signal, ...message })
    await response.body?.cancel()
    if (response.ok) return 'taken'
    return response.status === 410 ? 'gone' : `it answered ${response.status}`
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: string } }
    return `it could not be reached: ${cause?.code ?? name}`
  }
}

/** The same journal, which calls `see` with each line after it is stored. */
export const watched = (journal: Journal, see: (line: JournalLine) => void): Journal => ({
  ...journal,
  async append(event) {
    const line = await journal.append(event)
    see(line)
    return line
  },
})
