import { inWords } from '../../domain/caller-names.ts'
import type { Write } from './collect.ts'
import { eventOf, placeOf, type Seen } from './look.ts'
import { takesAccess } from './subjects.ts'

/** One write as an auditor reads it; a text that is empty is not known, and `unknown` says why. */
export interface EvidenceRow {
  person: string
  tenant: string
  account: string
  accountId: string
  change: string
  /** Name and id of the group that the account came into or left. */
  group: string
  before: string
  call: string
  tool: string
  reason: string
  askedAt: string
  askedBy: string
  approval: string
  approvedAt: string
  approvedBy: string
  approvedHow: string
  sentAt: string
  endedAt: string
  outcome: string
  readBack: string
  secondsFromRequest: string
  secondsFromApproval: string
  appEvent: string
  appEventAt: string
  statusNow: string
  journal: string
  unknown: string
}

export function rowOf(write: Write, seen: Seen): EvidenceRow {
  const { person, account, operation, group, call, tool, asked, approved, started, end, before = '' } = write
  const event = eventOf(write, seen)
  const last = approved.at(-1)
  const { reason } = asked.args ?? {}
  const now = seen.status.get(placeOf(account))
  return {
    person,
    tenant: account.tenant,
    account: account.userName,
    accountId: account.id,
    change: group ? (group.became === 'in' ? 'join group' : 'leave group') : wordsOf(operation),
    group: group ? `${group.name} (${group.id})` : '',
    before,
    call,
    tool,
    reason: typeof reason === 'string' ? reason : '',
    askedAt: asked.at,
    askedBy: inWords(asked),
    approval: last?.approval?.id ?? '',
    approvedAt: last?.at ?? '',
    approvedBy: approved.map((one) => one.approval?.by ?? '').join(', '),
    approvedHow: last?.approval?.how ?? '',
    sentAt: started?.at ?? '',
    endedAt: end?.at ?? '',
    outcome: started ? (end?.event ?? 'not recorded') : 'not sent',
    readBack: end?.verified === undefined ? '' : end.verified ? 'the app showed it' : 'not shown',
    secondsFromRequest: end?.event === 'done' ? seconds(asked.at, end.at) : '',
    secondsFromApproval: end?.event === 'done' && last ? seconds(last.at, end.at) : '',
    appEvent: event?.id ?? '',
    appEventAt: event?.time ?? '',
    statusNow: typeof now === 'string' ? now : '',
    journal: [started?.seq, end?.seq].filter((seq) => seq !== undefined).join('-'),
    unknown: unknownsOf(write, seen).join(' '),
  }
}

/** What the evidence does not tell of a write, in sentences. */
function unknownsOf(write: Write, seen: Seen): string[] {
  const { account, asked, approved, started, end } = write
  if (!started) return []
  const now = seen.status.get(placeOf(account))
  const { owner } = started.task ?? {}
  return [
    ...(end || owner === undefined ? [] : [`${owner} has not said yet that it is done.`]),
    ...(end || owner !== undefined ? [] : ['The journal does not say how it ended.']),
    ...(end?.event === 'unknown' ? ['It may or may not have happened.'] : []),
    ...(end?.event === 'done' && owner !== undefined
      ? ['By the word of its owner: nobody read it back.']
      : []),
    ...(end?.event === 'done' && owner === undefined && end.verified === false
      ? ['The app accepted it and did not show it.']
      : []),
    ...(end?.event === 'done' && owner === undefined && end.verified === undefined
      ? ['The journal does not say whether it was read back.']
      : []),
    ...(approved.length > 0 || asked.event !== 'asked' ? [] : ['The journal has no approval of it.']),
    ...(eventOf(write, seen) || end?.event === 'failed' || owner !== undefined
      ? []
      : [seen.noEvents.get(account.tenant) ?? 'The app’s log does not show it.']),
    ...(typeof now === 'object' ? [`What the account is like now is not known: ${now.unknown}`] : []),
  ]
}

/** How long it took to take a person's access away, from the request to the last app; seconds. */
export interface Revoked {
  person: string
  seconds: number | undefined
  /** Why it is not known, or not over. */
  open: string[]
}

export function revocations(writes: readonly Write[], seen: Seen): Revoked[] {
  const people = [...new Set(writes.map(({ person }) => person))]
  return people.map((person) => {
    const taking = writes.filter((write) => write.person === person && takesAccess(write))
    const accounts = new Map(taking.map((write) => [placeOf(write.account), write.account]))
    const ends: number[] = []
    const open: string[] = []
    for (const [place, { tenant, userName }] of accounts) {
      const ofAccount = taking.filter(({ account }) => placeOf(account) === place)
      const done = ofAccount.find(
        ({ end, operation }) => end?.event === 'done' && operation !== 'endSessions',
      )
      if (done?.end) ends.push(Date.parse(done.end.at))
      else open.push(`${userName} in ${tenant}: not deactivated by what the journal has.`)
      if (seen.status.get(place) === 'active') open.push(`${userName} in ${tenant} is active now.`)
    }
    const others = new Map(
      writes.filter((write) => write.person === person).map(({ account }) => [placeOf(account), account]),
    )
    for (const [place, { tenant, userName }] of others) {
      const isKept = taking.length > 0 && !accounts.has(place) && seen.status.get(place) === 'active'
      if (isKept) open.push(`${userName} in ${tenant} is active now, and its access was never taken.`)
    }
    const asked = Math.min(...taking.map((write) => Date.parse(write.asked.at)))
    const isWhole = ends.length > 0 && ends.length === accounts.size
    return { person, seconds: isWhole ? (Math.max(...ends) - asked) / 1_000 : undefined, open }
  })
}

const seconds = (from: string, to: string): string => ((Date.parse(to) - Date.parse(from)) / 1_000).toFixed(1)

/** "deactivate account", from `deactivateAccount` or `deactivate_account`. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase()
