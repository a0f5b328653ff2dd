import { createHmac } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { WebhookEvent, WebhookSettings } from '../config/webhook.ts'
import { type Signer, unsigned } from '../journal/anchor.ts'
import type { JournalLine } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import type { Log } from '../log.ts'
import type { Secret } from '../secret.ts'
import { eventOf, messageOf, SHAPES } from './message.ts'

/** Tells people what happens, by messages that can decide nothing. */
export interface Webhook {
  /** Returns at once and never throws; what comes of the message is for the log alone. */
  tell(line: JournalLine): void
  /** Gives what is still to be told a last short while. */
  close(): Promise<void>
}

export interface Telling {
  /** Where an approver decides a request. */
  approveAt?: (approvalId: string) => Promise<string>
  /** Signs the anchor that each message carries. */
  signer?: Signer | undefined
  log: Log
  /** How long to wait before the next try, milliseconds, after so many that failed. */
  waitMs?: (failed: number) => number
}

/** More that wait are not kept: a receiver that is away must not fill the memory. */
const MOST = 100
const TRIES = 8
const TRY_TIME = 5_000
const LAST_WHILE = 3_000

/** A second and its doubles, up to a minute; half of each at random, so that copies of the server come apart. */
const backoff = (failed: number) => Math.min(60_000, 1_000 * 2 ** (failed - 1)) * (0.5 + Math.random() / 2)

export function openWebhook(
  { url, secret, format, events }: WebhookSettings,
  { approveAt, signer, log, waitMs = backoff }: Telling,
): Webhook {
  const pending = new Set<Promise<void>>()
  const [closing, over] = [new AbortController(), new AbortController()]
  // One request at a time and in order, while those that are to be tried again let others go first.
  let turn: Promise<unknown> = Promise.resolve()

  const deliver = async (line: JournalLine, type: WebhookEvent): Promise<void> => {
    const anchor = (signer?.anchor ?? unsigned)(line, new Date(line.at))
    const where = type === 'waiting' && line.approval ? await approveAt?.(line.approval.id) : undefined
    const body = JSON.stringify(SHAPES[format](messageOf(line, { type, anchor, approveAt: where })))
    // The same for every try, so that a receiver knows a message again.
    const id = `msg_${line.hash.slice(0, 32)}`
    for (let tried = 1; ; tried++) {
      const request = turn.then(() => post(url, signed(secret, id, body), over.signal))
      turn = request
      const answer = await request
      if (answer === 'taken') return
      if (answer === 'gone' || tried === TRIES || closing.signal.aborted) throw new Error(answer)
      await pause(waitMs(tried), undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
    }
  }

  const lost = (line: JournalLine, type: WebhookEvent, error: unknown) =>
    log.error(`the webhook was not told that entry ${line.seq} of the journal is "${type}"`, {
      reference: line.call,
      error: url.scrub(error instanceof Error ? error.message : String(error)),
    })

  return {
    tell(line) {
      const type = eventOf(line)
      if (!type || !events.includes(type)) return
      if (pending.size >= MOST) return lost(line, type, 'too many messages wait')
      const work = deliver(line, type)
        .catch((error) => lost(line, type, error))
        .finally(() => pending.delete(work))
      pending.add(work)
    },
    async close() {
      closing.abort()
      const timer = setTimeout(() => over.abort(), LAST_WHILE)
      await Promise.all(pending)
      clearTimeout(timer)
    },
  }
}

interface Signed {
  headers: Record<string, string>
  body: string
}

/** Headers and signature of Standard Webhooks (standardwebhooks.com): over id, seconds since the epoch, and body. */
function signed(secret: Secret, id: string, body: string, now = Date.now()): Signed {
  const timestamp = String(Math.floor(now / 1000))
  const [, encoded] = /^whsec_(.+)$/.exec(secret.reveal()) ?? []
  const key = encoded === undefined ? Buffer.from(secret.reveal()) : Buffer.from(encoded, 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'identity-mcp',
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  }
}

/** Sends it once; whatever went wrong is said, never thrown. A redirect is not followed: it may lead anywhere. */
async function post(url: Secret, message: Signed, over: AbortSignal): Promise<'taken' | 'gone' | string> {
  try {
    const signal = AbortSignal.any([over, AbortSignal.timeout(TRY_TIME)])
    const response = await fetch(url.reveal(), { method: 'POST', redirect: 'manual', signal, ...message })
    await response.body?.cancel()
    if (response.ok) return 'taken'
    return response.status === 410 ? 'gone' : `it answered ${response.status}`
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: string } }
    return `it could not be reached: ${cause?.code ?? name}`
  }
}

/** The same journal, each line of which is shown to `see` once it is on the disk. */
export const watched = (journal: Journal, see: (line: JournalLine) => void): Journal => ({
  ...journal,
  async append(event) {
    const line = await journal.append(event)
    see(line)
    return line
  },
})
