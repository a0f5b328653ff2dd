import * as z from 'zod'
import { Account, AuditEvent } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import { type AccessFacts, factsOf, type Untold } from '../engine/explain.ts'
import { hiddenAt, searchPerson } from '../engine/find-person.ts'
import { defineTool } from '../engine/tool.ts'
import { TenantNames, UserRef } from './fields.ts'

/** Groups that are named of an account; the others are counted. */
const MOST_GROUPS = 50
/** Accounts that are explained; each costs several requests. */
const MOST_ACCOUNTS = 10

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
    const facts = explained.map((one) => one.facts)
    const unknown: Untold[] = [
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
      ...explained.flatMap((one) => one.unknown),
      ...found
        .slice(MOST_ACCOUNTS)
        .map(({ tenant }) => ({ tenant: tenant.name, what: 'more accounts', where: 'find_user' })),
    ]
    return {
      people: correlate(facts.map(({ account }) => account)).map(({ email, name, accounts }) => ({
        ...(email !== undefined && { email }),
        ...(name !== undefined && { name }),
        facts: accounts.flatMap(({ tenant, id }) => {
          const one = facts.find(({ account }) => account.tenant === tenant && account.id === id)
          return one ? [toFacts(one)] : []
        }),
      })),
      unknown,
      complete: unknown.length === 0,
    }
  },
})

function toFacts({ account, changes, roles, ...access }: AccessFacts): z.input<typeof Facts> {
  const { groups, role, licence, manager, lastSignInAt, moreGroups: _, ...rest } = account
  const held = roles ?? (role === undefined ? undefined : [role])
  return {
    tenant: account.tenant,
    account: rest,
    status: account.status,
    ...(groups && { groups: groups.slice(0, MOST_GROUPS) }),
    ...(groups && groups.length > MOST_GROUPS && { moreGroups: groups.length - MOST_GROUPS }),
    ...(held && { roles: held }),
    ...(licence !== undefined && { licence }),
    ...(manager !== undefined && { manager }),
    ...(lastSignInAt !== undefined && { lastSignIn: lastSignInAt }),
    ...access,
    changes,
  }
}
