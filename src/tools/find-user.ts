import * as z from 'zod'
import { type Account, Person } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import { hiddenIn } from '../domain/facts.ts'
import { type PersonAt, searchPerson } from '../engine/find-person.ts'
import { defineTool } from '../engine/tool.ts'
import { isoRetryAt } from '../errors.ts'
import { Code, TenantNames, UserRef } from './fields.ts'
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

/** Accounts shown of one tenant, all of which match what was asked for. */
const MAX_ACCOUNTS_PER_TENANT = 20
const MAX_CANDIDATES_PER_TENANT = 10

export default defineTool({
  name: 'find_user',
  title: 'Find a user',
  description: 'Look a person up in every app. Says which were searched: not_searched never means absent.',
  needs: ['findAccounts'],
  effect: 'reads',
  input: () =>
    z.strictObject({
      user: UserRef.describe('Email, user name, id or name'),
      tenants: TenantNames.optional().describe('Default all'),
    }),
  output: () =>
    z.object({
      people: z.array(Person),
      searched: z.array(Searched),
      complete: z.boolean(),
      note: z.string().optional(),
    }),

  async run({ user, tenants }, { ask }) {
    const searched = await searchPerson(ask, user, tenants)
    const shown = searched.map(({ accounts }) => accounts.slice(0, mostOf(accounts)))
    return {
      people: correlate(shown.flat()),
      searched: searched.map(toRow),
      complete: searched.every(({ accounts, gap }) => !gap && accounts.length <= mostOf(accounts)),
      ...(shown.flat().some(isCandidate) && { note: CANDIDATES }),
    }
  },
})

const isCandidate = ({ matchedBy }: Account): boolean => matchedBy?.includes('name') === true
const mostOf = (accounts: readonly Account[]): number =>
  accounts.some(isCandidate) ? MAX_CANDIDATES_PER_TENANT : MAX_ACCOUNTS_PER_TENANT

const CANDIDATES =
  'Accounts that are matched by `name` only bear the name: they are candidates. A change takes an email, a user name or an id.'

function toRow({ tenant, accounts, gap }: PersonAt): z.input<typeof Searched> {
  const outcome = accounts.length > 0 ? 'found' : gap ? 'not_searched' : 'absent'
  const hidden = outcome === 'absent' ? hiddenIn(tenant.facts) : undefined
  if (!gap) return { tenant: tenant.name, outcome, ...(hidden && { note: hidden }) }
  const note = accounts.length > 0 ? gapNote(gap).join() : gap.message
  return { tenant: tenant.name, outcome, code: gap.code, ...isoRetryAt(gap.details), note }
}
