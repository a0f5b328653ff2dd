import { openStores } from '../../../src/app/stores.ts'
import { openApprovals } from '../../../src/approvals/approvals.ts'
import { makePeople } from '../../../src/sandbox/people.ts'
import { addApprovers } from '../../support/approvers.ts'
import { serveCanned } from '../../support/canned.ts'
import type { Answer } from '../../support/clients.ts'
import { openWorld, type ToolAnswer } from '../../support/world.ts'
import { TENANT } from '../attack.ts'

const PLENTY = { perSecond: 1_000_000, perMinute: 1_000_000, perHour: 1_000_000, perDay: 1_000_000 }
const ACCEPT: Answer = { action: 'accept', content: { confirm: true } }
/** Nothing but the person's word is to stand in the way, so there is room for every change. */
const LIMITS = { removesPerHour: 10_000, changesPerHour: 10_000 }

export type ServerName = 'usual' | 'usual, mute' | 'careful' | 'unguarded'

/** Apps whose texts tests write, and servers before them: with the default settings, and stricter and laxer ones. */
export async function openInjectedWorld() {
  const broken = { says: '' }
  const failing = await serveCanned((_, at) => ({
    status: [400, 403, 404, 409][at % 4] ?? 400,
    body: {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      detail: broken.says,
      scimType: broken.says,
    },
  }))
  /** The user whom the person wants changed, and agrees to. */
  const wants: { user?: string | undefined } = {}
  const person = (question: string): Answer => {
    const [headline = ''] = question.split('\n')
    // Nobody mistakes what stands in quotes for what is done.
    const said = headline.replace(/"[^"]*"/g, '')
    const isWanted = wants.user !== undefined && said.startsWith(`Deactivate  (${wants.user}) in Netskope,`)
    return isWanted ? ACCEPT : { action: 'decline' }
  }
  const world = await openWorld({
    answer: 'none',
    sandbox: { apps: ['netskope', 'okta'], people: makePeople(40), ...PLENTY, perSecond: undefined },
  })
  const tenants = {
    ...Object.fromEntries(
      Object.entries(world.sandbox.settings.tenants).map(([name, given]) => [
        name,
        { ...given, budget: PLENTY, ...(name === TENANT && { allowDelete: true }) },
      ]),
    ),
    'acme-broken': {
      vendor: 'scim',
      url: `${failing.url}/scim/v2`,
      tokens: { scim: 'env:BROKEN_TOKEN' },
      maxRetries: 0,
      budget: PLENTY,
    },
  }
  await addApprovers(world, 'grace')
  const ask = { changes: 'ask', adds: 'ask' }
  const none = Object.fromEntries(
    ['removes', 'logins', 'gives', 'bulk', 'deletes', 'admins'].map((kind) => [kind, 'none']),
  )
  const env = { BROKEN_TOKEN: 'no-such-token-here' }
  const open = async (answer: 'none' | typeof person, confirm?: object) => {
    world.rewrite({ limits: LIMITS, tenants, ...(confirm && { confirm }) })
    const server = await world.open({ answer, env })
    // Its settings are read before those of the next one are written.
    await server.client.listTools()
    return server
  }
  const servers: Record<ServerName, Awaited<ReturnType<typeof open>>> = {
    usual: await open(person),
    'usual, mute': await open('none'),
    careful: await open(person, ask),
    unguarded: await open('none', none),
  }
  const app = world.sandbox.tenants[TENANT]
  app.group('Finance').displayName = 'Domain Admins'
  const contractors = app.group('Contractors')
  const okta = world.sandbox.tenants['acme-okta']
  const { store } = openStores(world.dataDir)
  const approvals = openApprovals(store)
  const log = app.events as unknown as object[]
  let count = 0
  return {
    app,
    okta,
    broken,
    wants,
    servers,
    /** A group whose name may be anything. */
    group: app.group('Support').id,
    log,
    /** An event of the log as it was at the start. */
    anEvent: { ...log[0] },
    journal: world.journal,
    /** Has Grace deny what still waits, so that the next case meets approvers who have time for it. */
    async deny(answers: readonly ToolAnswer[]) {
      const ids = answers.map(({ approval }) => (approval as { id?: string } | undefined)?.id)
      for (const id of new Set(ids.filter((one) => one !== undefined))) {
        if ((await approvals.get(id))?.state === 'pending')
          await approvals.decide(id, 'denied', 'grace', 'terminal')
      }
    },
    /** Adds an active user, in the group of contractors, whom no other case uses. */
    join(who: string) {
      count += 1
      const userName = `${who}-${count}@example.com`
      const user = app.addUser({ userName, emails: [{ value: userName, primary: true }] })
      contractors.members = [...(contractors.members ?? []), { value: user.id }]
      return user
    },
    /** All writes that reached an app, as the method and the path. */
    writes: () =>
      [...app.writes, ...okta.writes, ...failing.asked.filter(({ method }) => method !== 'GET')].map(
        ({ method, path }) => `${method} ${path}`,
      ),
    async [Symbol.asyncDispose]() {
      await store.close()
      await world[Symbol.asyncDispose]()
      await failing[Symbol.asyncDispose]()
    },
  }
}
export type InjectedWorld = Awaited<ReturnType<typeof openInjectedWorld>>
