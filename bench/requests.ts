import { openWorld, type WorldOptions } from '../test/support/world.ts'
import { atMost, type BenchRow, exactly, type Part } from './rows.ts'

const TENANT = 'acme-netskope'
const ADA = 'ada@example.com'
const removalOf = (user: string) => ({ user, tenants: [TENANT], reason: 'left the company' })
const NO_CONFIRMATION: WorldOptions = { settings: { confirm: { removes: 'none' } } }

export const requests: Part = async () => ({
  title: 'Requests that a task spends',
  how: 'Counted at the app; each task runs on a fresh server and a fresh app. The methods are in order.',
  rows: [
    await requestsRow('Find a person', 'find_user', { user: ADA }, {}, (what, count) =>
      exactly(what, count, 1),
    ),
    await requestsRow('Find a person by id', 'find_user', (world) => ({ user: world.netskope.user(ADA).id })),
    await requestsRow('Find a person who does not exist', 'find_user', { user: 'nobody@example.com' }),
    await requestsRow(
      'Deactivate, without confirmation',
      'deactivate_user',
      removalOf(ADA),
      NO_CONFIRMATION,
      (what, count) => atMost(what, count, 3),
    ),
    await requestsRow(
      'Deactivate, with a confirmed form; the account is read again after the yes',
      'deactivate_user',
      removalOf(ADA),
    ),
    await requestsRow('Deactivate, with a declined form', 'deactivate_user', removalOf(ADA), {
      answer: 'decline',
    }),
    await requestsRow(
      'Deactivate an inactive account',
      'deactivate_user',
      removalOf('alan@example.com'),
      {},
      (what, count) => exactly(what, count, 1),
    ),
    await requestsRow(
      'Deactivate a person who does not exist',
      'deactivate_user',
      removalOf('nobody@example.com'),
    ),
    await requestsRow('The first 50 users', 'list_users', { tenant: TENANT, limit: 50 }),
    await requestsRow('Check every token', 'check_token', {}),
    ...(await perVendor()),
  ],
})

type World = Awaited<ReturnType<typeof openWorld>>

async function requestsRow(
  task: string,
  tool: string,
  args: Record<string, unknown> | ((world: World) => Record<string, unknown>),
  options: WorldOptions = {},
  judge: (what: string, count: number) => BenchRow = (what, count) => ({ what, figure: String(count) }),
): Promise<BenchRow> {
  await using world = await openWorld(options)
  await world.call(tool, typeof args === 'function' ? args(world) : args)
  const { arrivals } = world.netskope
  return judge(`${task} (${arrivals.map(({ method }) => method).join(', ')})`, arrivals.length)
}

/** The same tasks at each simulated app, with a server that is new to it. */
async function perVendor(): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const name of ['acme-netskope', 'acme-gainsight', 'acme-mindtickle'] as const) {
    await using world = await openWorld()
    world.rewrite({ ...NO_CONFIRMATION.settings, tenants: world.sandbox.settings.tenants })
    const server = await world.open()
    const { arrivals } = world.sandbox.tenants[name]
    const methods = () => arrivals.splice(0).map(({ method }) => method)
    await server.call('find_user', { user: ADA, tenants: [name] })
    rows.push(rowOf(`${name}: find a person, the first time`, methods()))
    await server.call('find_user', { user: ADA, tenants: [name] })
    rows.push(rowOf(`${name}: find a person`, methods()))
    await server.call('deactivate_user', { ...removalOf(ADA), tenants: [name] })
    rows.push(rowOf(`${name}: deactivate, without confirmation`, methods()))
  }
  return rows
}

const rowOf = (what: string, methods: readonly string[]): BenchRow => ({
  what: `${what} (${methods.join(', ')})`,
  figure: String(methods.length),
})
