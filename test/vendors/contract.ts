import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/settings.ts'
import type {
  AccountFields,
  ListPosition,
  Operations,
  Page,
  RequestContext,
} from '../../src/domain/operations.ts'
import { type Ask, askFor } from '../../src/engine/ask.ts'
import { type Hold, holdFor } from '../../src/engine/hold.ts'
import { NO_RUNS } from '../../src/engine/run-desk.ts'
import { openTenants } from '../../src/engine/tenants.ts'
import { type ErrorCode, WrongAddress } from '../../src/errors.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import type { ScimUser } from '../../src/sandbox/directory.ts'
import type { Fault, Faults } from '../../src/sandbox/faults.ts'
import { makePeople, type Person } from '../../src/sandbox/people.ts'
import type { ScimFault } from '../../src/sandbox/scim-app.ts'
import type { Tenant } from '../../src/sandbox/tenant.ts'
import { openClaims } from '../../src/store/claims.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import deactivateUser from '../../src/tools/deactivate-user.ts'
import { vendors } from '../../src/vendors/index.ts'
import { context } from '../support/canned.ts'

/** A simulated app under way, and what reaches it. */
export interface Started {
  app: Tenant & { faults: Pick<Faults<ScimFault>, 'set'> }
  /** What the settings say of the tenant, besides its vendor and its tokens. */
  settings: { url: string } & Record<string, unknown>
  /** The values of the tokens, by their slots. */
  tokens: Record<string, string>
  /** Tokens of another kind, in the slots of the right ones. */
  misplaced?: Record<string, string>
}

/** One way of reaching a vendor's app, and what is peculiar to it. */
export interface Subject {
  name: string
  vendor: string
  start(people: readonly Person[]): Promise<Started>
  /** What a new account must have here, besides a name and an email. */
  newcomer?: AccountFields
  /** Settings by which nobody serves the app where we ask. */
  elsewhere: (started: Started) => Record<string, unknown>
  /** The code of the error by which a token of another kind is refused; `unauthorized` when left out. */
  misplaced?: ErrorCode
  /** The code of the error by which a change to nobody is refused; `not_found` when left out. */
  gone?: ErrorCode
  /** The cases of the contract that the surface has no place for. */
  lacks: readonly CaseName[]
}

/** Somebody whose user name, email, external id and id are four different words. */
export const LIN: Person = {
  userName: 'lin.okafor',
  email: 'lin@example.com',
  externalId: 'idp-lin',
  givenName: 'Lin',
  familyName: 'Okafor',
  department: 'Engineering',
  title: 'Engineer',
  active: true,
}
const PEOPLE = [...makePeople(22), LIN]
const NEW = { email: 'new@example.com', givenName: 'New', familyName: 'Person' }
const PAGE = 5

type Narrowed = Omit<Fault, 'fault' | 'method'>

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE']

interface World extends Started {
  subject: Subject
  /** One that is not offered fails the case that calls it. */
  operations: Required<Operations>
  /** As tools ask. */
  ask: Ask
  hold: Hold
  lin: ScimUser
  target: { id: string; userName: string }
  newcomer: AccountFields
  /** Puts a fault in the way of every change. To ask by POST is not part of one, once somebody was looked up. */
  breakWrites(fault: ScimFault, more?: Narrowed): void
  /** The changes that the app took. */
  taken(): number
  [Symbol.asyncDispose](): Promise<void>
}

/** What a case says of the tenant besides; other tokens take the place of the right ones. */
type Ways = (
  started: Started,
  subject: Subject,
) => { tokens?: Record<string, string>; [setting: string]: unknown }

/** Opens a tenant as the server does: its settings parsed, behind the real request guards. */
async function openWorld(subject: Subject, mapping: Ways): Promise<World> {
  const started = await subject.start(PEOPLE)
  const { app, settings } = started
  const { tokens = started.tokens, ...more } = mapping(started, subject)
  const slots = Object.entries(tokens).map(([slot, value]) => ({ slot, value, name: `TOKEN_${slot}` }))
  const env = Object.fromEntries(slots.map(({ name, value }) => [name, value]))
  const tenant = {
    vendor: subject.vendor,
    tokens: Object.fromEntries(slots.map(({ slot, name }) => [slot, `env:${name}`])),
    pageSize: PAGE,
    maxRetries: 0,
    ...settings,
    ...more,
  }
  const parsed = parseSettings({ tenants: { acme: tenant } }, vendors, env, 'settings')
  const store = memoryStore()
  const tenants = openTenants(parsed, vendors, { ledger: storeLedger(store), store })
  const { operations } = tenants.get('acme')
  const lin = app.user(LIN.userName)
  const ask = askFor(tenants, context(), { error: () => {} })
  return {
    ...started,
    subject,
    operations: operations as Required<Operations>,
    ask,
    hold: holdFor(openClaims(store)(context()), tenants, ask),
    lin,
    target: { id: lin.id, userName: await nameOf(operations, lin.id) },
    newcomer: { ...NEW, ...subject.newcomer },
    breakWrites: (fault, more) => app.faults.set(WRITES.map((method) => ({ fault, method, ...more }))),
    taken: () => app.writes.filter(({ status = 0 }) => status >= 200 && status < 300).length,
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** The user name as the surface tells it: in some of them the email is the user name. */
const nameOf = async (operations: Operations, id: string): Promise<string> => {
  const account = await operations.readAccount?.({ id }, context()).catch(() => undefined)
  return account?.userName ?? LIN.userName
}

type Case = (open: (mapping?: Ways) => Promise<World>) => Promise<void>

const find = async ({ operations }: World, user = LIN.email) =>
  (await operations.findAccounts({ user }, context())).accounts
const deactivate = ({ operations, target }: World) => operations.deactivateAccount(target, context())
const isActive = ({ app }: World) => app.user(LIN.userName).active
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code ?? error,
  )

const found =
  (user: (lin: ScimUser) => string): Case =>
  async (open) => {
    await using world = await open()
    expect(await find(world, user(world.lin))).toMatchObject([
      { id: world.lin.id, email: LIN.email, status: 'active' },
    ])
  }

async function everything<Item>(
  list: (at: ListPosition | undefined, context: RequestContext) => Promise<Page<Item, ListPosition>>,
): Promise<Item[]> {
  const items: Item[] = []
  let at: ListPosition | undefined
  for (let calls = 0; calls < 100; calls++) {
    const page = await list(at, context())
    items.push(...page.items)
    at = page.next
    if (!at) {
      expect(page.complete).toBe(true)
      return items
    }
  }
  throw new Error('the listing never ends')
}

const idsOf = (items: readonly { id: string }[]) => items.map(({ id }) => id).sort()

/** A question that fails in this way is answered with one of these codes. */
const readFails =
  (fault: ScimFault | Fault<ScimFault>, codes: readonly string[], mapping?: Ways): Case =>
  async (open) => {
    await using world = await open(mapping)
    world.app.faults.set([fault])
    expect(codes).toContain(await codeOf(find(world)))
    expect(world.app.writes).toEqual([])
  }

/** A change that fails in this way is answered with this code, is sent once whatever may be repeated, and is made or not. */
const writeFails =
  (
    fault: ScimFault,
    more: Narrowed,
    { code, made, mapping }: { code: string; made: boolean; mapping?: Ways },
  ): Case =>
  async (open) => {
    await using world = await open((...given) => ({ maxRetries: 2, ...mapping?.(...given) }))
    world.breakWrites(fault, more)
    expect(await codeOf(deactivate(world))).toBe(code)
    expect(world.app.writes).toHaveLength(1)
    expect(isActive(world)).toBe(!made)
  }

const fallsBack =
  (status: number): Case =>
  async (open) => {
    await using world = await open()
    const before = structuredClone(world.app.user(LIN.userName))
    world.app.faults.set([{ fault: 'patch-unsupported', status }])
    await deactivate(world)
    expect(world.app.user(LIN.userName)).toEqual({ ...before, active: false })
    expect(world.taken()).toBe(1)
  }

const rateLimited = async (work: Promise<unknown>) => {
  const before = Date.now()
  const error = (await work.catch((error: unknown) => error)) as {
    code: string
    details: { retryAt: number }
  }
  expect(error.code).toBe('rate_limited')
  expect(error.details.retryAt).toBeGreaterThan(before)
  return error.details.retryAt - before
}

const UNKNOWN = 'unknown_outcome'
const IMPATIENT: Ways = () => ({ timeoutMs: 1_500 })
const AGAIN: Ways = () => ({ maxRetries: 1 })
const NO_TOKEN: Ways = ({ tokens }) => ({
  tokens: Object.fromEntries(Object.keys(tokens).map((slot) => [slot, `nobody-made-this-${slot}`])),
})
const MISPLACED: Ways = ({ misplaced = {} }) => ({ tokens: misplaced })

const CASES = {
  'finds by user name': found(({ userName }) => userName),
  'finds by email, in any letter case': found(() => 'LIN@Example.com'),
  'finds by external id': found(() => LIN.externalId),
  'finds by id': found(({ id }) => id),

  'finds nobody, and says so without an error': async (open) => {
    await using world = await open()
    expect(await find(world, 'nobody@example.com')).toEqual([])
    expect(await find(world, 'nobody')).toEqual([])
    expect(await world.operations.readAccount({ id: 'nobody' }, context())).toBeUndefined()
    expect(await world.operations.readFields({ id: 'nobody' }, context())).toBeUndefined()
  },

  'finds two where two are meant': async (open) => {
    await using world = await open()
    const emails = [{ type: 'work', value: LIN.email, primary: true }]
    const twin = world.app.addUser({
      userName: 'lin.two',
      name: { givenName: 'Lin', familyName: 'Two' },
      emails,
    })
    expect(idsOf(await find(world))).toEqual(idsOf([world.lin, twin]))
  },

  'goes through everybody once, page by page': async (open) => {
    await using world = await open()
    const { app, operations } = world
    const all = await everything((at, context) =>
      operations.listAccounts({ limit: PAGE + 2, ...(at && { at }) }, context),
    )
    expect(idsOf(all)).toEqual(idsOf(app.users))
  },

  'goes through all groups once, and tells who is in one': async (open) => {
    await using world = await open()
    const { app, operations } = world
    const all = await everything((at, context) =>
      operations.listGroups({ limit: 2, ...(at && { at }) }, context),
    )
    expect(idsOf(all)).toEqual(idsOf(app.groups))
    const team = app.group('Engineering')
    const group = await operations.readGroup({ group: team.displayName }, context())
    expect(idsOf(group?.members ?? [])).toEqual((team.members ?? []).map(({ value }) => value).sort())
    expect(await operations.readGroup({ group: 'No such group' }, context())).toBeUndefined()
  },

  'deactivates by one write, and reactivates by another': async (open) => {
    await using world = await open()
    const { operations, target, app } = world
    const before = structuredClone(app.user(LIN.userName))
    await deactivate(world)
    expect(await operations.readAccount({ id: target.id }, context())).toMatchObject({ status: 'inactive' })
    expect(world.taken()).toBe(1)
    await operations.reactivateAccount(target, context())
    expect(await operations.readAccount({ id: target.id }, context())).toMatchObject({ status: 'active' })
    expect(world.taken()).toBe(2)
    expect(app.user(LIN.userName)).toEqual(before)
  },

  'has nothing to write for somebody who is inactive already': async (open) => {
    await using world = await open()
    const { ask, hold, target, app } = world
    app.user(LIN.userName).active = false
    const input = { user: target.userName, tenants: ['acme'], reason: 'left' }
    expect(
      await deactivateUser.plan(input, {
        ask,
        hold,
        past: async () => undefined,
        pastAt: async () => [],
        covers: () => true,
        runs: NO_RUNS,
        tasks: { get: async () => undefined },
        sessions: { now: async () => 0, since: async () => false },
      }),
    ).toMatchObject({
      changes: [],
      settled: { results: [{ outcome: 'already_inactive', account: { id: target.id } }] },
    })
    expect(app.writes).toEqual([])
  },

  'makes an account by one write, and no second one': async (open) => {
    await using world = await open()
    const { operations, newcomer: fields, app } = world
    await operations.createAccount({ fields }, context())
    const [made, ...others] = await find(world, NEW.email)
    expect(made?.status).toBe('active')
    expect([made?.userName, made?.email]).toContain(NEW.email)
    expect(others).toEqual([])
    expect(world.taken()).toBe(1)
    const count = app.users.length
    expect(await codeOf(operations.createAccount({ fields }, context()))).toBe('conflict')
    expect(app.users).toHaveLength(count)
  },

  'changes what it is told to change, and nothing else': async (open) => {
    await using world = await open()
    const { operations, target, app } = world
    const { displayName: _, ...before } = structuredClone(app.user(LIN.userName))
    await operations.updateAccount({ ...target, set: { familyName: 'Lind' } }, context())
    expect(app.user(LIN.userName)).toMatchObject({
      ...before,
      name: { givenName: 'Lin', familyName: 'Lind' },
    })
    const full = await operations.readFields({ id: target.id }, context())
    expect(full?.fields).toMatchObject({ givenName: 'Lin', familyName: 'Lind', email: LIN.email })
    expect(world.taken()).toBe(1)
  },

  'puts somebody in a group and takes them out, leaving everybody else in it': async (open) => {
    await using world = await open()
    const { operations, target, app } = world
    const { id, displayName: name } = app.group('Sales')
    const members = () => (app.group(id).members ?? []).map(({ value }) => value).sort()
    const before = members()
    await operations.updateMembers({ group: { id, name }, add: [target], remove: [] }, context())
    expect(members()).toEqual([...before, target.id].sort())
    await operations.updateMembers({ group: { id, name }, add: [], remove: [target] }, context())
    expect(members()).toEqual(before)
    expect(world.taken()).toBe(2)
  },

  'makes a group with its members by one write, and no second one': async (open) => {
    await using world = await open()
    const { operations, target, app } = world
    const ask = { name: 'Night shift', externalId: 'idp-night', members: [target] }
    await operations.createGroup(ask, context())
    expect(await operations.readGroup({ group: 'night SHIFT' }, context())).toMatchObject({
      name: ask.name,
      members: [{ id: target.id }],
    })
    expect(world.taken()).toBe(1)
    const count = app.groups.length
    expect(await codeOf(operations.createGroup({ ...ask, members: [] }, context()))).toBe('conflict')
    expect(app.groups).toHaveLength(count)
  },
  'makes a group once, though the reply is lost': async (open) => {
    await using world = await open(() => ({ maxRetries: 2 }))
    const count = world.app.groups.length
    world.breakWrites('lost-reply')
    const made = world.operations.createGroup({ name: 'Night shift', members: [] }, context())
    expect(await codeOf(made)).toBe(UNKNOWN)
    expect(world.app.writes).toHaveLength(1)
    expect(world.app.groups).toHaveLength(count + 1)
  },

  'falls back where PATCH is refused with 405, and loses nothing': fallsBack(405),
  'falls back where PATCH is refused with 501, and loses nothing': fallsBack(501),

  'finds that a token which works does so': async (open) => {
    await using world = await open()
    const checks = await world.operations.checkTokens({}, context())
    const verdicts = checks.map(({ verdict }) => verdict).filter((one) => one !== 'not_configured')
    expect(verdicts).toEqual(['ok'])
  },
  'says of 401 that it is unauthorized': async (open) => {
    await using world = await open(NO_TOKEN)
    expect(await codeOf(find(world))).toBe('unauthorized')
    expect(await codeOf(deactivate(world))).toBe('unauthorized')
    expect(isActive(world)).toBe(true)
  },
  'says of a token of another kind what it is': async (open) => {
    await using world = await open(MISPLACED)
    expect(await codeOf(find(world))).toBe(world.subject.misplaced ?? 'unauthorized')
  },
  'says of 403 that it is forbidden, for reads': readFails({ fault: 'server-error', status: 403 }, [
    'forbidden',
    'wrong_token',
  ]),
  'says of 403 that it is forbidden, for writes': writeFails(
    'server-error',
    { status: 403 },
    { code: 'forbidden', made: false },
  ),

  'says of an account that is gone that it is not found': async (open) => {
    await using world = await open()
    const gone = { id: 'nobody', userName: 'nobody@example.com' }
    expect(await codeOf(world.operations.deactivateAccount(gone, context()))).toBe(
      world.subject.gone ?? 'not_found',
    )
    expect(world.taken()).toBe(0)
  },
  'says of an address where nobody serves the app that it is wrong': async (open) => {
    await using world = await open((started, subject) => subject.elsewhere(started))
    await expect(find(world)).rejects.toBeInstanceOf(WrongAddress)
  },
  'says of 409 that it is a conflict': writeFails(
    'server-error',
    { status: 409 },
    { code: 'conflict', made: false },
  ),

  'says of a 429 without Retry-After when to come back': async (open) => {
    await using world = await open()
    world.app.faults.set(['429-storm'])
    await rateLimited(find(world))
  },
  'says of a 429 with Retry-After when to come back': async (open) => {
    await using world = await open()
    world.app.faults.set([{ fault: '429-retry-after', ms: 30_000 }])
    expect(await rateLimited(find(world))).toBeGreaterThan(29_000)
  },
  'says of a 403 that is a rate limit when to come back': async (open) => {
    await using world = await open()
    world.app.faults.set([{ fault: 'limit-as-403', ms: 30_000 }])
    expect(await rateLimited(find(world))).toBeGreaterThan(28_000)
  },
  'makes a change that was limited once, no sooner than the app says': async (open) => {
    await using world = await open(AGAIN)
    world.breakWrites('429-retry-after', { times: 1 })
    await deactivate(world)
    expect(isActive(world)).toBe(false)
    const [refused, taken, ...others] = world.app.writes
    expect([refused?.status, world.taken(), others]).toEqual([429, 1, []])
    // A timer may be a moment early.
    expect((taken?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThan(950)
  },
  'says of a change that stays limited when to come back': async (open) => {
    await using world = await open()
    world.breakWrites('429-retry-after', { ms: 30_000 })
    expect(await rateLimited(deactivate(world))).toBeGreaterThan(29_000)
    expect(isActive(world)).toBe(true)
  },

  'says of 500 that the app is unavailable, for reads': readFails('server-error', ['unavailable']),
  'says of 503 that the app is unavailable, for reads': readFails('unavailable', ['unavailable']),
  'says of 502 with a web page that the app is unavailable, for reads': readFails('bad-gateway', [
    'unavailable',
  ]),
  'does not know what became of a change after 500': writeFails(
    'error-after-work',
    {},
    { code: UNKNOWN, made: true },
  ),
  'does not know what became of a change after 503': writeFails(
    'unavailable',
    {},
    { code: UNKNOWN, made: false },
  ),
  'says of a read that is not answered in time that it timed out': readFails('hang', ['timeout'], IMPATIENT),
  'does not know what became of a change that is not answered in time': writeFails(
    'hang',
    {},
    { code: UNKNOWN, made: false, mapping: IMPATIENT },
  ),
  'says of a read whose reply was lost that the app is unavailable': readFails('lost-reply', ['unavailable']),
  'sends a change once, though its reply is lost': writeFails(
    'lost-reply',
    {},
    { code: UNKNOWN, made: true },
  ),
  'makes an account once, though the reply is lost': async (open) => {
    await using world = await open(() => ({ maxRetries: 2 }))
    const count = world.app.users.length
    world.breakWrites('lost-reply')
    const made = world.operations.createAccount({ fields: world.newcomer }, context())
    expect(await codeOf(made)).toBe(UNKNOWN)
    expect(world.app.writes).toHaveLength(1)
    expect(world.app.users).toHaveLength(count + 1)
  },

  'takes no web page for an answer': readFails('html-errors', ['bad_reply', 'unavailable']),
  'takes no web page for a change that was made': writeFails(
    'html-errors',
    {},
    { code: UNKNOWN, made: false },
  ),
  'takes no empty reply for a list': readFails('empty-reply', ['bad_reply', 'unavailable']),
  'takes an empty reply to a change for what its status says': async (open) => {
    await using world = await open()
    world.breakWrites('empty-reply')
    await deactivate(world)
    expect(isActive(world)).toBe(false)
    expect(world.app.writes).toHaveLength(1)
  },
  'takes no reply that is too large': readFails('oversized', ['bad_reply']),
  'does not know what became of a change whose reply is too large': async (open) => {
    await using world = await open()
    world.breakWrites('oversized')
    expect(await codeOf(world.operations.createAccount({ fields: world.newcomer }, context()))).toBe(UNKNOWN)
    expect(world.app.writes).toHaveLength(1)
  },
} satisfies Record<string, Case>

/** A case of the contract, by its title. */
export type CaseName = keyof typeof CASES

/** Holds a vendor to what every caller relies on, over real HTTP. The cases run side by side: most of them wait. */
export function vendorContract(subject: Subject): void {
  const cases: [string, Case][] = Object.entries(CASES)
  const lacks: readonly string[] = subject.lacks
  test.concurrent.each(cases.filter(([title]) => !lacks.includes(title)))('%s', (_, run) =>
    run((mapping = () => ({})) => openWorld(subject, mapping)),
  )
}
