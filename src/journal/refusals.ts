import { randomUUID } from 'node:crypto'
import type { JournalEvent } from './events.ts'
import type { Journal } from './journal.ts'

/** Most refusals of one caller that are journalled in full. */
const FULL = { perMinute: 300, perHour: 1_500 }
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000]

/** Journals calls that changed nothing: in full up to a rate per caller, and beyond it their number. */
export interface Refusals {
  /** Resolves when the event is stored, or counted. Throws what the journal throws. */
  append(event: JournalEvent): Promise<unknown>
  /** Journals what was counted and not yet journalled. */
  close(): Promise<void>
}

/** What one caller did in the current minute and hour. */
interface Tally {
  minute: { from: number; count: number }
  hour: { from: number; count: number }
  leftOut: { count: number; from: number; to: number; codes: Map<string, number> } | undefined
}

/** `warn` hears of a number that could not be journalled. */
export function boundedRefusals(
  journal: Pick<Journal, 'append'>,
  warn: (message: string, error: unknown) => void,
): Refusals {
  const tallies = new Map<string, Tally>()
  let timer: NodeJS.Timeout | undefined

  const tallyOf = (caller: string, now: number): Tally => {
    const known = tallies.get(caller)
    const fresh = { from: now, count: 0 }
    const tally: Tally = {
      minute: known && now - known.minute.from < MINUTE_MS ? known.minute : fresh,
      hour: known && now - known.hour.from < HOUR_MS ? known.hour : { ...fresh },
      leftOut: known?.leftOut,
    }
    tallies.set(caller, tally)
    return tally
  }

  /** One line a caller for what was left out since the last. */
  async function tell(): Promise<void> {
    const now = Date.now()
    for (const [caller, { hour, leftOut }] of tallies) {
      if (now - hour.from >= HOUR_MS) tallies.delete(caller)
      else tallyOf(caller, now).leftOut = undefined
      if (leftOut) {
        await journal.append(numberOf(caller, leftOut)).catch((error) => {
          warn(`${leftOut.count} refusals of ${caller} could not be journalled`, error)
        })
      }
    }
    if (tallies.size === 0) stop()
  }
  const stop = () => {
    clearInterval(timer)
    timer = undefined
  }

  return {
    async append(event) {
      const now = Date.now()
      const tally = tallyOf(event.caller, now)
      timer ??= setInterval(tell, MINUTE_MS).unref()
      if (tally.minute.count < FULL.perMinute && tally.hour.count < FULL.perHour) {
        tally.minute.count += 1
        tally.hour.count += 1
        return journal.append(event)
      }
      tally.leftOut ??= { count: 0, from: now, to: now, codes: new Map() }
      const { codes } = tally.leftOut
      const code = event.code ?? event.event
      codes.set(code, (codes.get(code) ?? 0) + 1)
      tally.leftOut.count += 1
      tally.leftOut.to = now
      return undefined
    },
    async close() {
      stop()
      await tell()
      stop()
    },
  }
}

/** The line that stands for many. */
function numberOf(caller: string, { count, from, to, codes }: NonNullable<Tally['leftOut']>): JournalEvent {
  const [since, until] = [from, to].map((time) => new Date(time).toISOString())
  const kinds = [...codes].map(([code, number]) => `${code} ${number}`).join(', ')
  return {
    event: 'refused',
    call: randomUUID().replace('-', '').slice(0, 12),
    tool: 'journal',
    caller,
    note: `${count} more calls that changed nothing were left out, from ${since} to ${until}: ${kinds}.`,
  }
}
