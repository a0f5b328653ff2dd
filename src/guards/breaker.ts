import { TimedOut, Unavailable } from '../errors.ts'
import type { BreakerState } from '../meter.ts'
import type { AppReply, RequestGuard } from './request.ts'

const FAILURES = 5
const FIRST_PAUSE = 5_000
const LONGEST_PAUSE = 60_000

/**
 * Leaves an app alone that is down: after five failures in a row nothing is sent for a pause, then one request goes to
 * see. Meanwhile all others throw `Unavailable` at once. `changed` is told of every change. Made once per tenant.
 */
export function breaker(changed: (state: BreakerState) => void = () => {}): RequestGuard {
  let failures = 0
  let pauseMs = FIRST_PAUSE
  let openUntil: number | undefined

  const failed = (probing: boolean) => {
    failures += 1
    if (probing) pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE)
    else if (openUntil !== undefined || failures < FAILURES) return
    openUntil = Date.now() + pauseMs
    changed('open')
  }
  const answered = () => {
    if (openUntil !== undefined) changed('closed')
    failures = 0
    pauseMs = FIRST_PAUSE
    openUntil = undefined
  }

  return async function breaker(request, next) {
    const probing = openUntil !== undefined
    if (openUntil !== undefined) {
      if (Date.now() < openUntil) throw leftAlone(request.url.host, openUntil)
      // Nobody else goes until this one is back; should it never be, another goes after the longest pause.
      openUntil = Date.now() + LONGEST_PAUSE
      changed('half_open')
    }
    try {
      const reply = await next(request)
      if (isDown(reply)) failed(probing)
      else answered()
      return reply
    } catch (error) {
      if (error instanceof Unavailable || error instanceof TimedOut) failed(probing)
      // It never got as far as the app, so the next one goes to see.
      else if (probing) {
        openUntil = Date.now()
        changed('open')
      }
      throw error
    }
  }
}

// 501 is an app that is up and lacks this (RFC 9110 §15.6.2).
const isDown = ({ status }: AppReply) => status >= 500 && status !== 501

const leftAlone = (host: string, retryAt: number) =>
  new Unavailable(
    `The app at ${host} has failed several times in a row, so it is left alone for a moment.`,
    'Try again later.',
    { retryAt },
  )
