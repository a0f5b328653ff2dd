// bottleneck lets callers take turns here (a two-level mutex); it never counts the budget and cannot cancel a queued job.

import type Bottleneck from 'bottleneck'
import type { RequestContext } from '../domain/operations.ts'
import { RateLimited, TimedOut } from '../errors.ts'
import type { Taken, Ticket } from '../limits/sliding-window.ts'
import type { AppRequest } from './request.ts'

type Priority = RequestContext['priority']

/** The token bucket that the queue waits for. */
export interface Tokens {
  take(priority: Priority): Promise<Taken>
  freeAt(priority: Priority, nth: number): Promise<number>
  giveBack(ticket: Ticket): Promise<void>
}

interface TokenQueue {
  /** A ticket, immediately if nothing waits. Throws `RateLimited` as soon as the ticket is known to come too late. */
  ticketFor(request: AppRequest): Promise<Ticket>
  /** Signals that tokens or places may be free. */
  changed(): void
}

/** One caller's requests at one priority; its limiter lets one of them at a time to the head of the queue. */
interface CallerLine {
  waiting: number
  limiter?: Bottleneck
}

/** The callers at one priority, and the head, where the first request of all waits for a token. */
interface PriorityLane {
  lines: Map<string, CallerLine>
  head?: Bottleneck
}

// Other processes do not signal when they finish or give a token back.
const POLL_MS = 1_000
const BUSY_MS = 25
/** The caller is told of a longer wait. */
const TOLD_MS = 500

/** Orders waiting requests: interactive before bulk work, and callers take turns within each. */
export function tokenQueue(tokens: Tokens): TokenQueue {
  const lanes: Record<Priority, PriorityLane> = {
    interactive: { lines: new Map() },
    bulk: { lines: new Map() },
  }
  const bell = newBell()

  const mustYield = (priority: Priority) => priority === 'bulk' && waitingIn(lanes.interactive) > 0

  /**
   * How many requests go before the last of `line`: its own, as many of each other line, and all of a higher
   * priority.
   */
  function before(line: CallerLine, priority: Priority): number {
    const others = [...lanes[priority].lines.values()].filter((other) => other !== line)
    const turns = others.reduce((sum, { waiting }) => sum + Math.min(waiting, line.waiting), 0)
    return line.waiting - 1 + turns + (priority === 'bulk' ? waitingIn(lanes.interactive) : 0)
  }

  async function waitInLine(request: AppRequest): Promise<Ticket> {
    const { caller, priority, deadline, tell } = request.context
    const { lines } = lanes[priority]
    const line = lines.get(caller) ?? { waiting: 0 }
    lines.set(caller, line)
    line.waiting += 1
    try {
      const retryAt = await tokens.freeAt(priority, before(line, priority) + 1)
      if (retryAt > deadline) throw budgetSpent(request.url, retryAt)
      if (retryAt > Date.now() + TOLD_MS) tell?.(`Waiting for the budget of ${request.url.host}`)
      const limiter = await limiterOf(line, lanes[priority])
      return await unlessLeft(
        request,
        limiter.schedule(() => atTheHead(request)),
      )
    } finally {
      line.waiting -= 1
      if (line.waiting === 0) lines.delete(caller)
      bell.ring()
    }
  }

  async function atTheHead({ context, signal, url }: AppRequest): Promise<Ticket | undefined> {
    const { priority, deadline } = context
    while (!signal.aborted) {
      const taken: Taken = mustYield(priority) ? { busy: true } : await tokens.take(priority)
      if ('ticket' in taken) return taken.ticket
      const retryAt = 'retryAt' in taken ? taken.retryAt : Date.now() + BUSY_MS
      if (retryAt > deadline) throw budgetSpent(url, retryAt)
      await bell.sleep(Math.min(retryAt - Date.now(), POLL_MS))
    }
    return undefined
  }

  /** The result of `job`, unless the request is aborted first; a ticket that comes after that is given back. */
  function unlessLeft({ signal, url }: AppRequest, job: Promise<Ticket | undefined>): Promise<Ticket> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        // The time went into waiting, not into the app.
        reject(signal.reason instanceof TimedOut ? budgetSpent(url, Date.now() + POLL_MS) : signal.reason)
        bell.ring()
      }
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
      const arrive = (ticket: Ticket | undefined) => {
        if (ticket === undefined) return
        if (signal.aborted) void tokens.giveBack(ticket).then(bell.ring)
        else resolve(ticket)
      }
      job.finally(() => signal.removeEventListener('abort', leave)).then(arrive, reject)
    })
  }

  return {
    async ticketFor(request) {
      const { priority } = request.context
      if (waitingIn(lanes[priority]) === 0 && !mustYield(priority)) {
        const taken = await tokens.take(priority)
        if ('ticket' in taken) return taken.ticket
      }
      return waitInLine(request)
    },
    changed: bell.ring,
  }
}

const waitingIn = ({ lines }: PriorityLane) =>
  [...lines.values()].reduce((sum, { waiting }) => sum + waiting, 0)

/** Chains each caller's limiter to the head, so that callers take turns. */
async function limiterOf(line: CallerLine, lane: PriorityLane): Promise<Bottleneck> {
  // Most requests never wait, so the package is loaded on first use.
  const { default: Limiter } = await import('bottleneck')
  lane.head ??= new Limiter({ maxConcurrent: 1 })
  line.limiter ??= new Limiter({ maxConcurrent: 1 }).chain(lane.head)
  return line.limiter
}

const budgetSpent = ({ host }: URL, retryAt: number) =>
  new RateLimited(
    `The budget of the token for ${host} is used up for now.`,
    'Try again at `retryAt`, or ask for less.',
    { retryAt: Math.ceil(retryAt) },
  )

/** `ring` wakes all sleepers early. */
function newBell() {
  const sleepers = new Set<() => void>()
  return {
    ring: () => {
      for (const wake of [...sleepers]) wake()
    },
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          sleepers.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, ms)
        sleepers.add(wake)
      }),
  }
}
