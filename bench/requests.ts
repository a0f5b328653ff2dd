import { openWorld, type WorldOptions } from '../test/support/world.ts'
import { atMost, exactly, type Part, type Row } from './rows.ts'

const TENANT = 'acme-netskope'
const ADA = 'ada@example.com'
const leaves = (user: string) => ({ user, tenants: [TENANT], reason: 'left the company' })
const UNASKED: WorldOptions = { settings: { confirm: { removes: 'none' } } }

export const requests: Part = async () => ({
  title: 'Requests that a task spends',
  how: 'Counted at the app, each task on a fresh server and a fresh app, by their methods in order.',
  rows: [
    await spent('Find a person', 'find_user', { user: ADA }, {}, (what, count) => exactly(what, count, 1)),
    await spent('Find a person by id', 'find_user', (world) => ({ user: world.netskope.user(ADA).id })),
    await spent('Look for somebody who is not there', 'find_user', { user: 'nobody@example.com' }),
    await spent('Deactivate, nobody asked', 'deactivate_user', leaves(ADA), UNASKED, (what, count) =>
      atMost(what, count, 3),
    ),
    await spent(
      'Deactivate, a person asked and the account read again after the yes',
      'deactivate_user',
      leaves(ADA),
    ),
    await spent('Deactivate, and the person says no', 'deactivate_user', leaves(ADA), { answer: 'decline' }),
    await spent(
      'Deactivate who is inactive already',
      'deactivate_user',
      leaves('alan@example.com'),
      {},
      (what, count) => exactly(what, count, 1),
    ),
    await spent('Deactivate somebody who is not there', 'deactivate_user', leaves('nobody@example.com')),
    await spent('The first 50 users', 'list_users', { tenant: TENANT, limit: 50 }),
    await spent('Check every token', 'check_token', {}),
    ...(await perVendor()),
  ],
})

type World = Awaited<ReturnType<typeof openWorld>>

async function spent(
  task: string,
  tool: string,
  args: Record<string, unknown> | ((world: World) => Record<string, unknown>),
  options: WorldOptions = {},
  judge: (what: string, count: number) => Row = (what, count) => ({ what, figure: String(count) }),
): Promise<Row> {
  await using world = await openWorld(options)
  await world.call(tool, typeof args === 'function' ? args(world) : args)
  const { arrivals } = world.netskope
  return judge(`${task} (${arrivals.map(({ method }) => method).join(', ')})`, arrivals.length)
}

/** The same two tasks at each of the simulated apps, none of which has met the server before. */
async function perVendor(): Promise<Row[]> {
  const rows: Row[] = []
  for (const name of ['acme-netskope', 'acme-gainsight', 'acme-mindtickle'] as const) {
    await using world = await openWorld()
    world.rewrite({ ...UNASKED.settings, tenants: world.sandbox.settings.tenants })
    const server = await world.open()
    const { arrivals } = world.sandbox.tenants[name]
    const methods = () => arrivals.splice(0).map(({ method }) => method)
    await server.call('find_user', { user: ADA, tenants: [name] })
    rows.push(listed(`${name}: find a person, the first time`, methods()))
    await server.call('find_user', { user: ADA, tenants: [name] })
    rows.push(listed(`${name}: find a person`, methods()))
    await server.call('deactivate_user', { ...leaves(ADA), tenants: [name] })
    rows.push(listed(`${name}: deactivate, nobody asked`, methods()))
  }
  return rows
}

const listed = (what: string, methods: readonly string[]): Row => ({
  what: `${what} (${methods.join(', ')})`,
  figure: String(methods.length),
})
