/** Vendor-owned clients wait a minute where the app does not say how long. */
const UNTOLD = 60_000
const LONGEST = 24 * 60 * 60_000

const RESETS = ['retry-after', 'ratelimit-reset', 'x-ratelimit-reset', 'x-rate-limit-reset']

/** When the app will take requests again, epoch milliseconds; for a 429 always, else only where it is told. */
export function retryAtOf(status: number, headers: Record<string, string>): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  const told = RESETS.flatMap((name) => waitOf(headers[name], headers.date) ?? [])[0]
  const wait = told ?? (status === 429 ? UNTOLD : undefined)
  return wait === undefined ? undefined : Date.now() + Math.min(Math.max(wait, 0), LONGEST)
}

/** Milliseconds from a number of seconds, an epoch in seconds or milliseconds, or an HTTP date. */
function waitOf(value: string | undefined, date: string | undefined): number | undefined {
  if (!value) return undefined
  // The app's own clock where it shows it: ours may differ.
  const now = Date.parse(date ?? '') || Date.now()
  const number = Number(value)
  if (!Number.isNaN(number)) {
    if (number < 1e6) return number * 1_000
    return (number < 1e11 ? number * 1_000 : number) - now
  }
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : time - now
}
