import { InvalidInput } from '../errors.ts'

const DAY_MS = 24 * 3_600_000

/** A time that the command line names. Throws `InvalidInput`. */
export function timeOf(text: string | undefined, option: string): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time
  throw new InvalidInput(`${option} is not a time.`, 'Write it as 2026-03-01 or 2026-03-01T12:00:00Z.')
}

/** The span that the command line names; the last 24 hours if it names none. */
export function spanOf({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  const end = timeOf(until, '--until') ?? new Date()
  return { since: timeOf(since, '--since') ?? new Date(end.getTime() - DAY_MS), until: end }
}
