import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePeople } from '../../../src/sandbox/people.ts'
import { type ScimApp, type ScimAppOptions, startScimApp } from '../../../src/sandbox/scim-app.ts'
import { openWorld, type ToolAnswer } from '../../support/world.ts'
import { LIN } from '../contract.ts'

/** How an app departs from RFC 7643 and 7644, what an agent asks of it, and what must come of that. */
export interface Case {
  /** How the app is started. */
  app?: ScimAppOptions
  /** What it does wrong. */
  faults?: ScimAppOptions['faults']
  /** What the settings say of its tenant. */
  settings?: Record<string, unknown>
  /** What somebody else does in it before the first question, or while the person is asked to confirm. */
  given?: (app: ScimApp) => void
  meanwhile?: (app: ScimApp) => void
  asks: Ask | readonly Ask[]
  /** What the last answer holds. */
  gives: object
  /** The methods of the writes that reach it. */
  sends?: readonly string[]
  /** What must be true of it then. */
  leaves?: (app: ScimApp) => void
}

export type Ask = (world: CornerWorld, tenant: string, before: ToolAnswer) => Promise<ToolAnswer>
type CornerWorld = Pick<Awaited<ReturnType<typeof openWorld>>, 'call' | 'run'>

/** Who is in an app that says nothing else. */
export const PEOPLE = [...makePeople(12), LIN]

/** One server and one MCP client over an app for each case, in a tenant of the case's name. */
async function openCorners(cases: readonly (readonly [tenant: string, Case])[]) {
  const apps = new Map<string, ScimApp>()
  for (const [tenant, { app, faults = [], given }] of cases) {
    const started = await startScimApp({ people: PEOPLE, ...app, faults })
    given?.(started)
    apps.set(tenant, started)
  }
  const appOf = (tenant: string): ScimApp => {
    const app = apps.get(tenant)
    if (!app) throw new TypeError(`no app for ${tenant}`)
    return app
  }
  const tenants = cases.map(([tenant, { settings }]) => {
    const to = { vendor: 'scim', url: appOf(tenant).scimUrl, tokens: { scim: `env:${variable(tenant)}` } }
    return [tenant, { ...to, maxRetries: 0, verifyWindowMs: 0, pageSize: 5, ...settings }] as const
  })
  const world = await openWorld({
    settings: {
      tenants: Object.fromEntries(tenants),
      confirm: { removes: 'ask', deletes: 'ask', bulk: 'none' },
      limits: { changesPerHour: 1_000, removesPerHour: 1_000 },
    },
    env: Object.fromEntries(cases.map(([tenant]) => [variable(tenant), appOf(tenant).tokens.scim.value])),
    answer(plan) {
      const asked = cases.find(
        ([tenant]) => plan.includes(`tenant ${tenant}:`) || plan.includes(`${tenant}.`),
      )
      if (asked) asked[1].meanwhile?.(appOf(asked[0]))
      return { action: 'accept', content: { confirm: true } }
    },
  })
  return {
    /** Asks all that the case asks; the last answer. */
    async play(tenant: string, { asks }: Case): Promise<ToolAnswer> {
      let answer: ToolAnswer = {}
      for (const ask of [asks].flat()) answer = await ask(world, tenant, answer)
      return answer
    },
    appOf,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await Promise.all([...apps.values()].map((app) => app.close()))
    },
  }
}

/** A test of each case of a table, by subject and name. */
export function testCases(table: Readonly<Record<string, Readonly<Record<string, Case>>>>): void {
  const cases = Object.entries(table).flatMap(([about, rows]) =>
    Object.entries(rows).map(([name, row]) => ({ about, name, row })),
  )
  const tenantOf = (index: number) => `case-${index}`

  let corners: Awaited<ReturnType<typeof openCorners>>
  beforeAll(async () => {
    corners = await openCorners(cases.map(({ row }, index) => [tenantOf(index), row] as const))
  })
  afterAll(() => corners[Symbol.asyncDispose]())

  describe.each(Object.keys(table))('%s', (wanted) => {
    test.concurrent.each(
      cases.map((one, index) => ({ ...one, index })).filter(({ about }) => about === wanted),
    )('$name', async ({ row, index }) => {
      const tenant = tenantOf(index)
      const app = corners.appOf(tenant)
      expect(await corners.play(tenant, row)).toMatchObject(row.gives)
      if (row.sends) expect(app.writes.map(({ method }) => method)).toEqual(row.sends)
      row.leaves?.(app)
    })
  })
}

const variable = (tenant: string) => `TOKEN_${tenant.replaceAll('-', '_').toUpperCase()}`

const reason = 'a corner case'
const inTenant =
  (tool: string, args: object = {}): Ask =>
  ({ call }, tenant) =>
    call(tool, { tenant, ...args })
const inTenants =
  (tool: string, args: object): Ask =>
  ({ call }, tenant) =>
    call(tool, { tenants: [tenant], ...args })

export const find = (user: string) => inTenants('find_user', { user })
export const deactivate = (user: string) => inTenants('deactivate_user', { user, reason })
export const reactivate = (user: string) => inTenants('reactivate_user', { user, reason })
export const list = (args: object = {}) => inTenant('list_users', { limit: 100, ...args })
export const groups = (args: object = {}) => inTenant('list_groups', args)
export const create = (email: string, attributes: object = {}) =>
  inTenant('create_user', { email, givenName: 'Di', familyName: 'New', attributes })
export const update = (user: string, set: object) => inTenant('update_user', { user, set })
export const members = (group: string, change: { add?: string[]; remove?: string[] }) =>
  inTenant('update_group_members', { group, ...change })
export const remove = (user: string) => inTenant('delete_user', { user, reason })
/** Takes back what the last call did. */
export const undo: Ask = ({ call }, _, { change }) => call('undo_change', { change, reason })
export const check = inTenant('check_token')
/** The page after the one that was just read. */
export const nextPage: Ask = ({ call }, tenant, { nextCursor }) =>
  call('list_users', { tenant, cursor: nextCursor, limit: 5 })
/** `identity-mcp probe`, whose findings the server then uses. */
export const probe: Ask = async ({ run }, tenant) =>
  JSON.parse((await run(['probe', tenant, '--json'])).stdout || '{}') as ToolAnswer

/** Answers in the words of the tools. */
export const found = (...userNames: string[]) => ({
  people: userNames.map((userName) => ({ accounts: [{ userName }] })),
  searched: [{ outcome: 'found' }],
})
export const ABSENT = { people: [], searched: [{ outcome: 'absent' }] }
export const notSearched = (code: string, more: object = {}) => ({
  people: [],
  searched: [{ outcome: 'not_searched', code, ...more }],
})
export const one = (status: string, row: object) => ({ status, results: [row] })
export const DEACTIVATED = one('done', { outcome: 'deactivated', verified: true })
export const many = (count: number) => ({
  asymmetricMatch: (rows: unknown) => Array.isArray(rows) && rows.length === count,
})
/** A time that is so many seconds from now, save for what has gone by since. */
export const inSeconds = (seconds: number) => ({
  asymmetricMatch(time: unknown) {
    const left = (Date.parse(String(time)) - Date.now()) / 1_000
    return left > seconds * 0.85 && left <= seconds + 1
  },
})
