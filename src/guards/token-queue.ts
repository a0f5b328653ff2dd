import type Bottleneck from 'bottleneck'
import type { RequestContext } from '../domain/operations.ts'
import { RateLimited, TimedOut } from '../errors.ts'
import type { Taken, Ticket } from '../limits/sliding-window.ts'
import type { AppRequest } from './request.ts'

type Priority = RequestContext['priority']

/** The bucket in front of which the queue stands. */
export interface Tokens {
  take(priority: Priority): Promise<Taken>
  freeAt(priority: Priority, nth: number): Promise<number>
  giveBack(ticket: Ticket): Promise<void>
}

export interface TokenQueue {
  /** A ticket, at once when nobody waits. Throws `RateLimited` as soon as it is known to come too late. */
  ticketFor(request: AppRequest): Promise<Ticket>
  /** Tells that tokens or places may have come free. */
  changed(): void
}

/** The requests of one caller of one priority; its limiter lets one of them at a time to the head of the queue. */
interface Line {
  waiting: number
  limiter?: Bottleneck
}

/** The callers at one priority, and its head, where the first of them all waits for a token. */
interface Lane {
  lines: Map<string, Line>
  head?: Bottleneck
}

// Another process tells nobody when it is done or gives a token back.
const LOOK_AGAIN_MS = 1_000
const BUSY_MS = 25

/** Who goes next when there is a wait: interactive before bulk work, and callers by turns within each. */
export function tokenQueue(tokens: Tokens): TokenQueue {
  const lanes: Record<Priority, Lane> = { interactive: { lines: new Map() }, bulk: { lines: new Map() } }
  const bell = newBell()

  const mustYield = (priority: Priority) => priority === 'bulk' && waitingIn(lanes.interactive) > 0

  /** How many go before the last of `line`: its own, as many of each other line, and all with a better right. */
  function before(line: Line, priority: Priority): number {
    const others = [...lanes[priority].lines.values()].filter((other) => other !== line)
    const turns = others.reduce((sum, { waiting }) => sum + Math.min(waiting, line.waiting), 0)
    return line.waiting - 1 + turns + (priority === 'bulk' ? waitingIn(lanes.interactive) : 0)
  }

  async function waitInLine(request: AppRequest): Promise<Ticket> {
    const { caller, priority, deadline } = request.context
    const { lines } = lanes[priority]
    const line = lines.get(caller) ?? { waiting: 0 }
    lines.set(caller, line)
    line.waiting += 1
    try {
      const retryAt = await tokens.freeAt(priority, before(line, priority) + 1)
      if (retryAt > deadline) throw spentUp(request.url, retryAt)
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
      if (retryAt > deadline) throw spentUp(url, retryAt)
      await bell.sleep(Math.min(retryAt - Date.now(), LOOK_AGAIN_MS))
    }
    return undefined
  }

  /** What `job` brings, unless the request is called off first; a ticket that comes after that goes back. */
  function unlessLeft({ signal, url }: AppRequest, job: Promise<Ticket | undefined>): Promise<Ticket> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        // It was not the app that took too long.
        reject(signal.reason instanceof TimedOut ? spentUp(url, Date.now() + LOOK_AGAIN_MS) : signal.reason)
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

const waitingIn = ({ lines }: Lane) => [...lines.values()].reduce((sum, { waiting }) => sum + waiting, 0)

/** The first of each line stands at the head, and they pass it one by one: callers go by turns. */
async function limiterOf(line: Line, lane: Lane): Promise<Bottleneck> {
  // Most requests never wait, so a start does not pay for this.
  const { default: Limiter } = await import('bottleneck')
  lane.head ??= new Limiter({ maxConcurrent: 1 })
  line.limiter ??= new Limiter({ maxConcurrent: 1 }).chain(lane.head)
  return line.limiter
}

const spentUp = ({ host }: URL, retryAt: number) =>
  new RateLimited(
    `The budget of the token for ${host} is spent for now.`,
    'Try again at `retryAt`, or ask for less at once.',
    { retryAt: Math.ceil(retryAt) },
  )

/** Wakes every sleeper before its time. */
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
