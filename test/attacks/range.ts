import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openStores } from '../../src/app/stores.ts'
import type { Approval } from '../../src/approvals/approval.ts'
import { openApprovals } from '../../src/approvals/approvals.ts'
import type { JournalLine } from '../../src/journal/events.ts'
import { GAINSIGHT } from '../../src/sandbox/index.ts'
import { parseFilter } from '../../src/sandbox/scim/filter.ts'
import { addApprovers } from '../support/approvers.ts'
import type { Answer } from '../support/clients.ts'
import type { ClientIdentity, RawClient } from '../support/raw.ts'
import { YES } from '../support/raw.ts'
import { openWorld } from '../support/world.ts'
import { type CallOf, GROUP, TENANT } from './attack.ts'
import type { PersonAttack } from './clients.ts'
import { tellingWords } from './telling.ts'

const PLENTY = { perSecond: 1_000_000, perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 }
const LIMITS = { removesPerHour: 1_000_000, changesPerHour: 1_000_000 }
const every = (level: string) =>
  Object.fromEntries(['removes', 'bulk', 'deletes', 'admins', 'changes', 'adds'].map((kind) => [kind, level]))

/** How a server is set up against which attacks are made. */
const SERVERS = {
  /** Nobody is asked for anything, so that nothing but what is attacked stands in the way. */
  open: { confirm: every('none') },
  asking: { confirm: every('ask') },
  approving: { confirm: every('approve') },
  /** As it is when nobody sets anything, with people who are protected. */
  usual: { protected: ['breakglass@example.com', '*@robots.example.com'] },
} as const
export type ServerName = keyof typeof SERVERS

/** What a call came to. */
export interface Came {
  /** The error's code, the status or the outcome. */
  end: string
  state: string | undefined
  body: {
    status?: string
    error?: { code: string; message?: string; hint?: string }
    approval?: { id: string }
  }
}

/** Real servers over one data folder, before simulated apps; each attack gets people of its own to be about. */
export async function openRange() {
  const world = await openWorld({ answer: 'none', sandbox: { ...PLENTY, perSecond: undefined } })
  const app = world.netskope
  app.group('Finance').displayName = 'Domain Admins'
  const servers = {} as Record<ServerName, RawClient>
  for (const [name, settings] of Object.entries(SERVERS)) {
    const tenants = Object.fromEntries(
      Object.entries(world.sandbox.settings.tenants).map(([tenant, given]) => [
        tenant,
        {
          ...given,
          budget: PLENTY,
          ...(tenant === TENANT && { allowDelete: true }),
          // What the settings forbid, nobody is asked about.
          ...(tenant === 'acme-gainsight' && { superAdminWrites: true }),
          ...(name === 'usual' && tenant === 'acme-mindtickle' && { allowWrites: false }),
        },
      ]),
    )
    world.rewrite({ limits: LIMITS, ...settings, tenants })
    const server = world.raw('attacker')
    servers[name as ServerName] = server
    // Its settings are read before those of the next one are written.
    await server.send('tools/list', {})
  }
  /** What the person at each older client does next. */
  let answers: PersonAttack['answers'] = 'throws'
  let asked = () => {}
  let gone: Promise<void> = Promise.resolve()
  const older = {} as Record<'legacy' | 'v1', Pick<typeof world, 'call'>>
  for (const client of ['legacy', 'v1'] as const) {
    const person = async (): Promise<Answer> => {
      if (answers === 'throws') throw new Error('no window to show it in')
      if (answers !== 'left') return answers as Answer
      asked()
      await gone
      return { action: 'accept', content: { confirm: true } }
    }
    older[client] = await world.open({ client, answer: person })
  }
  // Who decides there: an approval counts only as long as its approver is one.
  await addApprovers(world, 'grace')
  const store = openStores(world.dataDir).store
  const approvals = openApprovals(store)
  const inGroup = new Set(app.group(GROUP).members?.map(({ value }) => value))
  const outside = app.users.filter(({ id, active }) => active && !inGroup.has(id)).slice(50)
  const [gainsight, admin] = world.sandbox.tenants['acme-gainsight'].users
    .slice(20)
    .filter(({ active, roles }) => active && roles?.[0]?.value === 'CSM')
  if (!gainsight || !admin) throw new TypeError('too few people work at Gainsight')
  admin[GAINSIGHT] = { ...admin[GAINSIGHT], IsSuperAdmin: true }
  const journal: JournalLine[] = []
  let journalRead = 0
  let count = 0

  /** People whom nothing has happened to yet, and the names by which an attack speaks of them. */
  const newScene = () => {
    count += 1
    const join = (who: string, active: boolean) => {
      const userName = `${who}-${count}@example.com`
      return app.addUser({
        userName,
        active,
        externalId: `ext-${who}-${count}`,
        name: { givenName: who, familyName: String(count) },
        emails: [{ type: 'work', value: userName, primary: true }],
      })
    }
    const [victim, other, inactive] = [join('victim', true), join('other', true), join('inactive', false)]
    const names: Record<string, string> = {
      victim: victim.userName,
      'victim.id': victim.id,
      'victim.start': victim.userName.slice(0, -1),
      'victim.wide': victim.userName.replace(/[a-z]/g, (one) =>
        String.fromCharCode(one.charCodeAt(0) + 0xfee0),
      ),
      'victim.cyrillic': victim.userName.replace('i', 'і'),
      other: other.userName,
      'other.id': other.id,
      inactive: inactive.userName,
      'new': `new-${count}@example.com`,
      'breakglass.id': app.user('breakglass@example.com').id,
      gainsight: gainsight.userName,
      admin: admin.userName,
      ...Object.fromEntries(outside.slice(0, 21).map(({ userName }, at) => [`many.${at}`, userName])),
    }
    const filled = (text: string) =>
      text.replace(/\{([a-z0-9.]+)\}/g, (whole, name: string) => names[name] ?? whole)
    const fill = (value: unknown): unknown =>
      typeof value === 'string'
        ? filled(value)
        : JSON.parse(JSON.stringify(value), (_, inner) => (typeof inner === 'string' ? filled(inner) : inner))
    return { victim, other, inactive, fill }
  }

  const call = async (
    server: ServerName,
    { tool, args }: { tool: string; args: unknown },
    round: { requestState?: unknown; inputResponses?: unknown } = {},
    as: ClientIdentity = {},
  ): Promise<Came> => {
    // One that opens links would be led to the page.
    const client = { capabilities: { elicitation: { form: {} } }, ...as }
    const { state, body } = await servers[server].call(tool, args, round, client)
    const { message = '', hint = '' } = (body.error ?? {}) as { message?: string; hint?: string }
    expect(tellingWords(`${message} ${hint}`)).toEqual([])
    expect(message.length + hint.length).toBeLessThan(2_000)
    return { end: endOf(state, body), state, body: body as Came['body'] }
  }

  return {
    app,
    call,
    newScene,
    /** By a client that says yes to whatever it is asked. */
    async callWillingly(
      server: ServerName,
      what: { tool: string; args: unknown },
      as: ClientIdentity = {},
    ): Promise<Came> {
      const first = await call(server, what, {}, as)
      return first.state === undefined || first.end !== 'asked'
        ? first
        : call(server, what, { requestState: first.state, inputResponses: YES }, as)
    },
    /** By a client before 2026-07-28, whose person answers so. */
    async callOlder(
      client: 'legacy' | 'v1',
      { tool, args }: CallOf,
      given: PersonAttack['answers'],
    ): Promise<Came> {
      answers = given
      if (given !== 'left') {
        const body = await older[client].call(tool, args)
        return { end: endOf(undefined, body), state: undefined, body: body as Came['body'] }
      }
      const caller = new AbortController()
      const wasAsked = new Promise<void>((resolve) => {
        asked = resolve
      })
      let leave = () => {}
      gone = new Promise((resolve) => {
        leave = resolve
      })
      const left = expect(older[client].call(tool, args, { signal: caller.signal })).rejects.toThrow()
      await wasAsked
      caller.abort()
      await left
      leave()
      // What is sent after the late answer is answered after it was read.
      await older[client].call('find_user', { user: 'ada@example.com' })
      return { end: 'left', state: undefined, body: {} }
    },
    decide: (id: string, decision: 'approved' | 'denied') =>
      approvals.decide(id, decision, 'grace', 'terminal'),
    /** Lets the time of an approval run out. */
    async expire(id: string): Promise<void> {
      for (const key of await store.keys('approval/digest/')) {
        await store.update<Approval[], void>(key, (held = []) => ({
          next: held.map((one) => (one.id === id ? { ...one, expiresAt: Date.now() - 1 } : one)),
          ttl: 60_000,
          result: undefined,
        }))
      }
    },
    journal: (): JournalLine[] => {
      const file = join(world.dataDir, 'journal.jsonl')
      const added = existsSync(file) ? readFileSync(file).subarray(journalRead) : Buffer.alloc(0)
      journalRead += added.length
      for (const line of added.toString().split('\n').slice(0, -1))
        journal.push(JSON.parse(line) as JournalLine)
      return journal
    },
    verify: () => world.run(['journal', 'verify']),
    writes: () => Object.values(world.sandbox.tenants).reduce((sum, tenant) => sum + tenant.writes.length, 0),
    /** What reached the app from `since` on is a look-up of one value, or of one record by its id. */
    checkArrivals(since: number): void {
      for (const { path, query } of app.arrivals.slice(since)) {
        expect(path).toMatch(/^\/api\/v2\/(scim\/(Users|Groups)(\/[^/]+)?|events\/data\/audit)$/)
        const filter = new URLSearchParams(query).get('filter')
        if (filter === null) continue
        const either = parseFilter(filter) ?? []
        expect(either.map((terms) => terms.length)).toEqual(either.map(() => 1))
        const values = new Set(either.map(([term]) => String(term?.value).toLowerCase()))
        if (values.size === 1) continue
        // Or a test of the app's filters, by the names of users that it lists.
        const known = JSON.stringify(app.users).toLowerCase()
        expect([...values].every((value) => known.includes(JSON.stringify(value)))).toBe(true)
      }
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await world[Symbol.asyncDispose]()
    },
  }
}
export type Range = Awaited<ReturnType<typeof openRange>>

function endOf(state: string | undefined, body: Record<string, unknown>): string {
  const { error, status, people, accounts, events } = body as {
    error?: { code: string }
    status?: string
    people?: unknown[]
    accounts?: unknown[]
    events?: unknown[]
  }
  if (error) return error.code
  if (status !== undefined) return status
  const found = people ?? accounts ?? events
  if (found) return found.length === 0 ? 'nobody' : 'somebody'
  return state === undefined ? 'nothing' : 'asked'
}
