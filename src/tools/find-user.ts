import * as z from 'zod'
import { Account, Person } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import type { Ask } from '../engine/ask.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { hiddenAt, type PersonAt, searchPerson } from '../engine/find-person.ts'
import { CHAIN_ENDS, managersAbove } from '../engine/managers.ts'
import { defineTool } from '../engine/tool.ts'
import { isoRetryAt } from '../errors.ts'
import { AccountChoices, BRIEFLY, brief, detailed, ShownAccount } from './account-rows.ts'
import { Code, Cursor, TenantNames, UserRef } from './fields.ts'
import { fitting } from './fit.ts'
import { gapNote } from './left-out.ts'

const Searched = z.lazy(() =>
  z.object({
    tenant: z.string(),
    outcome: z.enum(['found', 'absent', 'not_searched']),
    code: Code.optional(),
    retryAt: z.string().optional(),
    note: z.string().optional(),
  }),
)

/** A person, with the accounts as far as the answer shows them. */
const ShownPerson = z.lazy(() => Person.unwrap().extend({ accounts: z.array(ShownAccount) }))

const Chain = z.lazy(() =>
  z.object({
    tenant: z.string(),
    /** Id of the account that the chain begins at. */
    of: z.string(),
    managers: z.array(Account),
    end: z.enum(CHAIN_ENDS),
    code: Code.optional(),
    retryAt: z.string().optional(),
  }),
)

/** Accounts whose managers are followed. */
const MAX_CHAINS = 5
/** Accounts shown of one tenant, all of which match what was asked for. */
const MAX_ACCOUNTS_PER_TENANT = 20
const MAX_CANDIDATES_PER_TENANT = 10

interface PeopleCursor {
  user: string
  tenants?: readonly string[]
  /** The last tenant that was shown, and how many were. */
  after: { tenant: string; count: number }
}

export default defineTool({
  name: 'find_user',
  title: 'Find a user',
  description: 'Look a person up in every app. not_searched never means absent.',
  needs: ['findAccounts'],
  effect: 'reads',
  view: 'person',
  input: () =>
    z.strictObject({
      user: UserRef.describe('Email, user name, id or name'),
      tenants: TenantNames.optional().describe('Default all'),
      // What can be chosen is long, and list_users lists it.
      fields: z
        .array(z.string())
        .pipe(AccountChoices.unwrap())
        .optional()
        .describe('As in list_users, or all'),
      managers: z.boolean().optional().describe('With the managers above'),
      cursor: Cursor,
    }),
  output: () =>
    z.object({
      people: z.array(ShownPerson),
      searched: z.array(Searched),
      nextCursor: z.string().optional(),
      complete: z.boolean(),
      managers: z.array(Chain).optional(),
      note: z.string().optional(),
    }),

  async run({ user, tenants, fields, managers, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<PeopleCursor>(cursor) : undefined
    if (place) sameAsBefore({ user, tenants }, { ...place })
    const named = tenants ?? place?.tenants
    const places = await searchPerson(ask, user, named)
    const start = place ? placeAfter(places, place.after) : 0
    // Who is one person, all tenants tell, whichever of them the answer shows.
    const everybody = correlate(places.flatMap(({ accounts }) => accounts.slice(0, mostOf(accounts))))
    const answers = [(account: Account) => detailed(account, fields), ...(fields ? [] : [brief])].map(
      (show) => (end: number) => answerOf(places, everybody, { start, end, show }),
    )
    const ends = answers.map(
      (answer) => start + fitting(places.length - start, (rows) => answer(start + rows)),
    )
    // Every tenant in brief, before some of them in full.
    const best = ends[0] === places.length ? 0 : ends.length - 1
    const end = ends[best] ?? places.length
    const last = places[end - 1]
    return {
      ...(answers[best]?.(end) ?? answerOf(places, everybody, { start, end, show: brief })),
      ...(managers && {
        managers: await chainsOf(
          places.slice(start, end).flatMap(({ accounts }) => accounts),
          ask,
        ),
      }),
      ...(last &&
        end < places.length && {
          nextCursor: await cursors.sign({
            user,
            ...(named && { tenants: named }),
            after: { tenant: last.tenant.name, count: end },
          } satisfies PeopleCursor),
        }),
    }
  },
})

/** The index of the first tenant that was not shown. */
const placeAfter = (places: readonly PersonAt[], after: PeopleCursor['after']): number =>
  places.findIndex(({ tenant }) => tenant.name === after.tenant) + 1 || after.count

/** What is known of the person in some of the tenants. */
function answerOf(
  places: readonly PersonAt[],
  everybody: readonly Person[],
  { start, end, show }: { start: number; end: number; show: (account: Account) => ShownAccount },
) {
  const here = places.slice(start, end)
  const names = new Set(here.map(({ tenant }) => tenant.name))
  const people = everybody
    .map((person) => ({
      ...person,
      accounts: person.accounts.filter(({ tenant }) => names.has(tenant)).map(show),
    }))
    .filter(({ accounts }) => accounts.length > 0)
  const isBrief = show === brief && people.length > 0
  const hasCandidates = here.some(({ accounts }) => accounts.some(isCandidate))
  const notes = [...(hasCandidates ? [CANDIDATES] : []), ...(isBrief ? [BRIEFLY] : [])]
  return {
    people,
    searched: here.map(toRow),
    complete:
      end === places.length &&
      places.every(({ accounts, gap }) => !gap && accounts.length <= mostOf(accounts)),
    ...(notes.length > 0 && { note: notes.join(' ') }),
  }
}

/** The managers above each account that names one. */
const chainsOf = async (accounts: readonly Account[], ask: Ask): Promise<z.input<typeof Chain>[]> => {
  const named = accounts.filter(({ manager }) => manager !== undefined)
  const chains = await Promise.all(named.slice(0, MAX_CHAINS).map((account) => managersAbove(account, ask)))
  return chains.map(({ error, ...chain }) => ({
    ...chain,
    ...(error && { code: error.code, ...isoRetryAt(error.details) }),
  }))
}

const isCandidate = ({ matchedBy }: Account): boolean => matchedBy?.includes('name') === true
const mostOf = (accounts: readonly Account[]): number =>
  accounts.some(isCandidate) ? MAX_CANDIDATES_PER_TENANT : MAX_ACCOUNTS_PER_TENANT

const CANDIDATES =
  'Accounts that are matched by `name` only bear the name: they are candidates. A change takes an email, a user name or an id.'

function toRow(place: PersonAt): z.input<typeof Searched> {
  const { tenant, accounts, gap, note: age } = place
  const outcome = accounts.length > 0 ? 'found' : gap ? 'not_searched' : 'absent'
  const why = gap && (accounts.length > 0 ? gapNote(gap).join() : gap.message)
  const note = [why, hiddenAt(place), age].filter((text) => text).join(' ')
  return {
    tenant: tenant.name,
    outcome,
    ...(gap && { code: gap.code, ...isoRetryAt(gap.details) }),
    ...(note !== '' && { note }),
  }
}
