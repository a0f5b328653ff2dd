import type { AuditEvent } from '../../domain/account.ts'
import { mentions } from '../../domain/audit-filter.ts'
import type { Logs } from '../../engine/audit.ts'
import { fold, sameText } from '../../text/text.ts'
import { readLog } from './read-log.ts'

/** Two clocks, and a log that is written a little later: what is further apart is not the same change. */
export const NEAR_MS = 2 * 60_000

/** "Login Successful", "login_success", "Sign-in", and Okta's user.session.start and user.authentication.sso: no changes. */
const SIGN_IN =
  /log ?(in|out|on|off)(?![a-z])|sign(ed)?[- ]?(in|out)(?![a-z])|^user\.(authentication|session\.(start|end))\b/i

export interface Reconciled {
  /** Changes of this server that the app's log shows. */
  shown: number
  /** Changes of this server that it does not show. */
  notShown: AuditEvent[]
  /** Changes to the same people that this server did not make. */
  notOurs: AuditEvent[]
  /** Under which names the app knows this server. */
  knownAs: string[]
  /** Which event of the app shows which change of this server. */
  matched: { own: AuditEvent; event: AuditEvent }[]
  gaps: string[]
}

/**
 * Holds what this server did against the app's own log. A change of ours takes one event of the app at most, by `actor` where
 * that is given: the name by which the app knows our API token.
 */
export async function reconcile(
  tenant: string,
  logs: Logs,
  { since, until, actor }: { since: Date; until: Date; actor?: string | undefined },
  signal: AbortSignal,
): Promise<Reconciled> {
  const span = { since, until }
  // A log shows a change up to so much before or after the journal does.
  const wider = {
    since: new Date(span.since.getTime() - NEAR_MS),
    until: new Date(Math.min(span.until.getTime() + NEAR_MS, Date.now())),
  }
  const ours: AuditEvent[] = []
  for await (const { events } of readLog(tenant, logs, span, { place: { appEnded: true }, signal })) {
    ours.push(
      ...events.filter(({ source, action }) => source === 'journal' && /: (done|sent)\b/.test(action)),
    )
  }
  const people = new Set(ours.flatMap(({ target }) => (target ? [fold(target)] : [])))
  const theirs: AuditEvent[] = []
  const gaps: string[] = []
  for await (const page of readLog(tenant, logs, wider, { place: {}, signal })) {
    gaps.push(...page.gaps)
    theirs.push(...page.events.filter((event) => event.source === 'app' && isAbout(event, people)))
  }
  const left = new Set(theirs.filter(({ action }) => !SIGN_IN.test(action)))
  const isOf = (event: AuditEvent, own: AuditEvent) =>
    own.target !== undefined && mentions(event.target ?? '', own.target) && distance(event, own) <= NEAR_MS
  // Whoever acts at the time of most of our changes is us.
  const usual = (event: AuditEvent) =>
    ours.filter((own) => theirs.some((one) => one.actor === event.actor && isOf(one, own))).length
  const matched: Reconciled['matched'] = []
  const notShown = ours.filter((own) => {
    // Both are told apart by their order where a log has the same time for them: the older change is the older event.
    const near = [...left]
      .toReversed()
      .filter((one) => isOf(one, own) && (actor === undefined || sameText(one.actor, actor)))
      .sort((a, b) => usual(b) - usual(a) || distance(a, own) - distance(b, own))[0]
    if (near) {
      left.delete(near)
      matched.push({ own, event: near })
    }
    return !near
  })
  const knownAs = [...new Set(matched.flatMap(({ event }) => event.actor ?? []))].sort()
  // One change of ours can be several events of the app, under the name by which it knows us.
  const isOurs = (event: AuditEvent) =>
    knownAs.includes(event.actor ?? '') && ours.some((own) => isOf(event, own))
  const inSpan = ({ time }: AuditEvent) => Date.parse(time) >= span.since.getTime()
  const notOurs = [...left].filter((event) => inSpan(event) && !isOurs(event))
  return { shown: ours.length - notShown.length, notShown, notOurs, knownAs, matched, gaps }
}

/** How far apart in time they are. A log of whole seconds may mean any moment of the second. */
function distance(event: AuditEvent, own: AuditEvent): number {
  const [from, at] = [Date.parse(event.time), Date.parse(own.time)]
  const to = from % 1_000 === 0 ? from + 999 : from
  return Math.max(0, from - at, at - to)
}

const isAbout = ({ target = '' }: AuditEvent, people: ReadonlySet<string>): boolean =>
  people.has(fold(target)) || [...people].some((person) => mentions(target, person))
