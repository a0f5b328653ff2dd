import { TimedOut, Unavailable } from '../errors.ts'
import type { BreakerState } from '../meter.ts'
import type { AppReply, RequestGuard } from './request.ts'

const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 5_000
const MAX_PAUSE_MS = 60_000

/**
 * A circuit breaker: after five failures in a row it sends nothing for a pause, then one request probes the app.
 * Meanwhile all others throw `Unavailable` immediately. `changed` gets every change of state. Made once per tenant.
 */
export function breaker(changed: (state: BreakerState) => void = () => {}): RequestGuard {
  let failures = 0
  let pauseMs = FIRST_PAUSE_MS
  let openUntil: number | undefined

  const failed = (probing: boolean) => {
    failures += 1
    if (probing) pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
    else if (openUntil !== undefined || failures < FAILURES_TO_OPEN) return
    openUntil = Date.now() + pauseMs
    changed('open')
  }
  const answered = () => {
    if (openUntil !== undefined) changed('closed')
    failures = 0
    pauseMs = FIRST_PAUSE_MS
    openUntil = undefined
  }

  return async function breaker(request, next) {
    const probing = openUntil !== undefined
    if (openUntil !== undefined) {
      if (Date.now() < openUntil) throw pausedUntil(request.url.host, openUntil)
      // Other requests wait for this probe; if it never returns, another follows after the longest pause.
      openUntil = Date.now() + MAX_PAUSE_MS
      changed('half_open')
    }
    try {
      const reply = await next(request)
      if (isDown(reply)) failed(probing)
      else answered()
      return reply
    } catch (error) {
      if (error instanceof Unavailable || error instanceof TimedOut) failed(probing)
      // The probe never reached the app, so the next request is the probe.
      else if (probing) {
        openUntil = Date.now()
        changed('open')
      }
      throw error
    }
  }
}

// 501 means that the app is up and lacks this (RFC 9110 §15.6.2).
const isDown = ({ status }: AppReply) => status >= 500 && status !== 501

const pausedUntil = (host: string, retryAt: number) =>
  new Unavailable(
    `The app at ${host} has failed several times in a row, so requests to it are paused for a moment.`,
    'Try again later.',
    { retryAt },
  )
