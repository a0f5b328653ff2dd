import * as z from 'zod'
import { Account, Person } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import type { Ask } from '../engine/ask.ts'
import { type PersonAt, searchPerson } from '../engine/find-person.ts'
import { CHAIN_ENDS, managersAbove } from '../engine/managers.ts'
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
      managers: z.boolean().optional().describe('With the managers above'),
    }),
  output: () =>
    z.object({
      people: z.array(Person),
      searched: z.array(Searched),
      complete: z.boolean(),
      managers: z.array(Chain).optional(),
      note: z.string().optional(),
    }),

  async run({ user, tenants, managers }, { ask }) {
    const searched = await searchPerson(ask, user, tenants)
    const shown = searched.map(({ accounts }) => accounts.slice(0, mostOf(accounts)))
    return {
      people: correlate(shown.flat()),
      searched: searched.map(toRow),
      complete: searched.every(({ accounts, gap }) => !gap && accounts.length <= mostOf(accounts)),
      ...(managers && { managers: await chainsOf(shown.flat(), ask) }),
      ...(shown.flat().some(isCandidate) && { note: CANDIDATES }),
    }
  },
})

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

function toRow({ tenant, accounts, gap }: PersonAt): z.input<typeof Searched> {
  const outcome = accounts.length > 0 ? 'found' : gap ? 'not_searched' : 'absent'
  if (!gap) return { tenant: tenant.name, outcome }
  const note = accounts.length > 0 ? gapNote(gap).join() : gap.message
  return { tenant: tenant.name, outcome, code: gap.code, ...isoRetryAt(gap.details), note }
}
