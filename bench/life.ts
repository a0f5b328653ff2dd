import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type TestClient } from '../test/support/clients.ts'
import { startHttpServer } from '../test/support/http-server.ts'
import { startProgram } from '../test/support/program.ts'
import { startApp, userNames } from './app.ts'
import { makeTokens } from './http-callers.ts'
import { type Held, INSPECTED, type Inspector, openInspector } from './inspector.ts'
import { atMost, type BenchRow, type Part, times } from './rows.ts'
import { answerOf, type PreparedLaunch, prepareLaunch } from './servers.ts'

const CALLS = Number(process.env.LIFE_CALLS ?? 300_000)
const AT_ONCE = 8
/** One call in so many changes something, and writes to the journal. */
const CHANGE_EVERY = 50
/** How often a server is looked into, over its life. */
const LOOKS = 4
const UNLIMITED = 1_000_000
const MIB = 2 ** 20
/** All of the changes are of one caller. */
const NO_LIMITS = { changesPerHour: UNLIMITED }

interface Look extends Held {
  store: number
  journal: number
}

/** A long life: what a server holds after a quarter of its calls, and at the end. */
export const life: Part = async () => {
  const stdio = await lived(overStdio)
  const http = await lived(overHttp)
  return {
    title: 'A long life',
    how:
      `${CALLS} calls, half of them over stdio to one server and half over HTTP to another, ${AT_ONCE} at a time: find_user, and ` +
      `every ${CHANGE_EVERY}th changes an account. What each server holds after a collection, as its inspector tells, ` +
      `${LOOKS} times: \`LIFE_CALLS=${CALLS} npm run bench -- --only life --write\`.`,
    rows: [...rowsOf('stdio', stdio), ...rowsOf('HTTP', http)],
  }
}

interface Served {
  client: TestClient
  inspector: Inspector
  end(): Promise<unknown>
}

async function overStdio({ args, env }: PreparedLaunch): Promise<Served> {
  const program = startProgram(args, { env, node: INSPECTED })
  let stderr = ''
  program.stderr.on('data', (piece) => {
    stderr += String(piece)
  })
  const client = await connect('modern', program, 'bench')
  return { client, inspector: await openInspector(stderr), end: () => client.close() }
}

async function overHttp({ config, dataDir, env }: PreparedLaunch): Promise<Served> {
  const [token] = await makeTokens(dataDir, 1, ['identity:read', 'identity:write'])
  const server = await startHttpServer({ config, env, node: INSPECTED })
  const headers = { authorization: `Bearer ${token}` }
  const client = await connect('modern', { url: server.url, headers }, 'bench')
  return {
    client,
    inspector: await openInspector(server.stderr()),
    async end() {
      await client.close()
      await server.kill('SIGTERM')
    },
  }
}

/** What one server held, each time that it was looked into. */
async function lived(serve: (launch: PreparedLaunch) => Promise<Served>): Promise<Look[]> {
  await using app = await startApp({ perMinute: UNLIMITED })
  const more = { auth: { tokens: true }, http: { perMinute: UNLIMITED }, limits: NO_LIMITS }
  using launch = prepareLaunch(app, { budget: { perMinute: UNLIMITED, atOnce: 100 } }, more)
  const { client, inspector, end } = await serve(launch)
  const name = userNames()
  let made = 0
  const caller = async (until: number) => {
    while (made < until) {
      made += 1
      const user = name()
      await (made % CHANGE_EVERY === 0
        ? answerOf(client, 'update_user', {
            ...{ tenant: 'acme-netskope', user, set: { givenName: `New ${made}` } },
          })
        : answerOf(client, 'find_user', { user }))
    }
  }
  const looks: Look[] = []
  for (let look = 1; look <= LOOKS; look += 1) {
    const until = Math.ceil((CALLS / 2 / LOOKS) * look)
    await Promise.all(Array.from({ length: AT_ONCE }, () => caller(until)))
    const held = await inspector.held()
    const { dataDir } = launch
    looks.push({
      ...held,
      store: bytesIn(join(dataDir, 'state')) + bytesIn(join(dataDir, 'budgets')),
      journal: statSync(join(dataDir, 'journal.jsonl')).size,
    })
  }
  inspector.close()
  await end()
  return looks
}

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)

function rowsOf(where: string, looks: readonly Look[]): BenchRow[] {
  const told = (of: (look: Look) => number) => looks.map((look) => of(look).toLocaleString('en')).join(', ')
  const growth = (name: keyof Look) => (looks.at(-1)?.[name] ?? 0) / (looks[0]?.[name] ?? 1)
  return [
    atMost(`${where}: heap at the end to that after a quarter`, growth('heap'), 1.1, times),
    { what: `${where}: heap (MiB)`, figure: told(({ heap }) => Number((heap / MIB).toFixed(1))) },
    atMost(`${where}: handles, more than after a quarter`, more('handles', looks), SPARE),
    {
      what: `${where}: handles; timers`,
      figure: `${told(({ handles }) => handles)}; ${told(({ timers }) => timers)}`,
    },
    atMost(`${where}: timers, more than after a quarter`, more('timers', looks), SPARE),
    atMost(`${where}: store at the end to that after a quarter`, growth('store'), 1.1, times),
    { what: `${where}: store (KiB)`, figure: told(({ store }) => Math.round(store / 1_024)) },
    {
      what: `${where}: journal, which has every change (KiB)`,
      figure: told(({ journal }) => Math.round(journal / 1_024)),
    },
  ]
}

/** A connection or two may be open at one look and closed at another. */
const SPARE = 10
const more = (name: keyof Look, looks: readonly Look[]): number =>
  Math.max(0, (looks.at(-1)?.[name] ?? 0) - (looks[0]?.[name] ?? 0))
