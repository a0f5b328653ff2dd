import * as z from 'zod'
import { Account, AuditEvent } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import { type AccessFacts, factsOf, type Untold } from '../engine/explain.ts'
import { hiddenAt, searchPerson } from '../engine/find-person.ts'
import { defineTool } from '../engine/tool.ts'
import { TenantNames, UserRef } from './fields.ts'
import { fits } from './fit.ts'

/** What is told, at most, of each account and of what is unknown: the first that fits into an answer. */
const SIZES = [
  { accounts: 10, groups: 50, changes: 5, unknown: 100 },
  { accounts: 10, groups: 15, changes: 5, unknown: 30 },
  { accounts: 10, groups: 5, changes: 2, unknown: 10 },
  { accounts: 5, groups: 1, changes: 1, unknown: 5 },
  { accounts: 2, groups: 1, changes: 0, unknown: 3 },
] as const
type Size = (typeof SIZES)[number]
/** Accounts that are looked into; each costs several requests. */
const MOST_ACCOUNTS = SIZES[0].accounts

const Facts = z.lazy(() =>
  z.object({
    tenant: z.string(),
    account: Account.optional(),
    status: z.string().optional(),
    state: z.string().optional(),
    groups: z.array(z.string()).optional(),
    moreGroups: z.int().optional(),
    roles: z.array(z.string()).optional(),
    licence: z.string().optional(),
    manager: z.string().optional(),
    lastSignIn: z.string().optional(),
    provisionedBy: z.string().optional(),
    sessions: z.string().optional(),
    factors: z.array(z.string()).optional(),
    changes: z.array(AuditEvent),
  }),
)

export default defineTool({
  name: 'explain_access',
  title: 'Explain access',
  description:
    'Why somebody can or cannot get in, app by app: status, groups, roles, sign-in, last changes. ' +
    '`unknown` says what no app tells, and where to look.',
  needs: ['findAccounts'],
  effect: 'reads',
  view: 'person',
  input: () =>
    z.strictObject({
      user: UserRef.describe('Email, user name, id or name'),
      tenants: TenantNames.optional().describe('Default all'),
    }),
  output: () =>
    z.object({
      people: z.array(
        z.object({ email: z.string().optional(), name: z.string().optional(), facts: z.array(Facts) }),
      ),
      unknown: z.array(z.object({ tenant: z.string(), what: z.string(), where: z.string() })),
      complete: z.boolean(),
    }),

  async run({ user, tenants }, { ask, own, can }) {
    const places = await searchPerson(ask, user, tenants)
    const found = places.flatMap(({ tenant, accounts }) => accounts.map((account) => ({ tenant, account })))
    const explained = await Promise.all(
      found.slice(0, MOST_ACCOUNTS).map(({ tenant, account }) =>
        factsOf(account, {
          tenant,
          places,
          ask,
          // What changed stands in logs, which are not for everybody who may read accounts.
          logs: can(tenant).includes('pull_audit') ? { ask, own } : undefined,
        }),
      ),
    )
    const gaps: Untold[] = [
      ...places.flatMap(({ tenant, gap }) =>
        gap ? [{ tenant: tenant.name, what: 'accounts', where: `${gap.message} ${gap.hint}` }] : [],
      ),
      ...places.flatMap((place) => {
        const hidden = hiddenAt(place)
        const { name, title } = place.tenant
        return hidden === undefined
          ? []
          : [{ tenant: name, what: 'accounts', where: `the console of ${title}. ${hidden}` }]
      }),
    ]
    const answerOf = (size: Size) => {
      const told = explained.slice(0, size.accounts)
      const unknown = [
        ...gaps,
        ...told.flatMap((one) => one.unknown),
        ...found
          .slice(told.length)
          .map(({ tenant }) => ({ tenant: tenant.name, what: 'more accounts', where: 'find_user' })),
      ]
      const facts = told.map((one) => one.facts)
      return {
        people: correlate(facts.map(({ account }) => account)).map(({ email, name, accounts }) => ({
          ...(email !== undefined && { email }),
          ...(name !== undefined && { name }),
          facts: accounts.flatMap(({ tenant, id }) => {
            const one = facts.find(({ account }) => account.tenant === tenant && account.id === id)
            return one ? [toFacts(one, size)] : []
          }),
        })),
        unknown: cutUnknown(unknown, size.unknown),
        complete: unknown.length === 0,
      }
    }
    return answerOf(SIZES.find((size) => fits(answerOf(size))) ?? LEAST)
  },
})

const LEAST: Size = SIZES[SIZES.length - 1] as Size

/** The first of what is unknown, and the tenants of the rest. */
function cutUnknown(unknown: readonly Untold[], most: number): Untold[] {
  const rest = unknown.slice(most)
  if (rest.length === 0) return [...unknown]
  const tenant = [...new Set(rest.map((one) => one.tenant))].join(', ')
  return [
    ...unknown.slice(0, most),
    { tenant, what: 'more', where: 'explain_access with these tenants alone' },
  ]
}

function toFacts({ account, changes, roles, ...access }: AccessFacts, size: Size): z.input<typeof Facts> {
  const { groups, role, licence, manager, lastSignInAt, moreGroups = 0, ...rest } = account
  const hidden = moreGroups + Math.max(0, (groups?.length ?? 0) - size.groups)
  const held = roles ?? (role === undefined ? undefined : [role])
  return {
    tenant: account.tenant,
    account: rest,
    status: account.status,
    ...(groups && { groups: groups.slice(0, size.groups) }),
    ...(hidden > 0 && { moreGroups: hidden }),
    ...(held && { roles: held }),
    ...(licence !== undefined && { licence }),
    ...(manager !== undefined && { manager }),
    ...(lastSignInAt !== undefined && { lastSignIn: lastSignInAt }),
    ...access,
    changes: changes.slice(0, size.changes),
  }
}
