import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { makePeople } from '../src/sandbox/people.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { ALL_SCOPES, openHttpWorld } from '../test/support/http-world.ts'
import { openWorld, type SetupOptions, type ToolAnswer } from '../test/support/world.ts'
import { atMost, type BenchRow, type Part, times } from './rows.ts'

/** Half of them over stdio, and half over HTTP. */
const CALLS = Number(process.env.LIFE_CALLS ?? 300_000)
const AT_ONCE = 8
/** The first is taken when all code has run many times, and nothing is left to warm up. */
const SAMPLES = [0.2, 0.4, 0.6, 0.8, 1]
const UNLIMITED = 10_000_000
/** Of a caller in a day, which no settings exceed. */
const MOST_CHANGES = 10_000

export const longLife: Part = async () => ({
  title: 'A long life',
  how:
    `${CALLS.toLocaleString('en')} calls: half of them over stdio and half over HTTP, ${AT_ONCE} at once: look-ups, lists, events, refused arguments, and one change in ` +
    'twenty. Each server is looked at after a fifth of its calls and at the end, with its garbage collected. The store keeps the ' +
    'time of each change of the last hour, which the limits count. Open files differ by the connections to the app that are open at that moment. ' +
    `\`LIFE_CALLS=${CALLS} npm run bench -- --only long-life --write\`.`,
  rows: [...(await lifeRows('stdio', overStdio)), ...(await lifeRows('HTTP', overHttp))],
})

/** A running server, and how it is called. */
interface Living extends AsyncDisposable {
  pid: number | undefined
  dataDir: string
  call: (tool: string, input: object) => Promise<ToolAnswer>
}

const setup = (env: Record<string, string>): SetupOptions => ({
  ownProcess: true,
  sandbox: { perMinute: UNLIMITED },
  tenant: { budget: { perMinute: UNLIMITED }, verifyWindowMs: 0 },
  settings: {
    http: { perMinute: UNLIMITED, atOnce: 1_000 },
    confirm: { removes: 'none', changes: 'none' },
    limits: { changesPerHour: UNLIMITED, perCaller: { changesPerDay: MOST_CHANGES } },
  },
  env,
})

async function overStdio(env: Record<string, string>): Promise<Living> {
  const world = await openWorld(setup(env))
  return { ...world, pid: world.client.pid ?? undefined }
}

async function overHttp(env: Record<string, string>): Promise<Living> {
  const world = await openHttpWorld(setup({ ...env, IDENTITY_MCP_LOG: 'error' }))
  const guest = await world.guest({ token: await world.token('bench', ALL_SCOPES) })
  return { ...world, call: guest.call }
}

interface Sample {
  /** Bytes in use after a garbage collection. */
  heap: number
  /** Handles and timers that keep the process alive. */
  resources: number
  files: number
  lines: number
  journal: number
  index: number
  store: number
}

async function lifeRows(
  name: string,
  start: (env: Record<string, string>) => Promise<Living>,
): Promise<BenchRow[]> {
  using folder = temporaryFolder()
  const probe = join(folder.path, 'probe.jsonl')
  await using living = await start({
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'life-probe.mjs'))}`,
    LIFE_PROBE: probe,
  })
  const samples: Sample[] = []
  let made = 0
  for (const share of SAMPLES) {
    const until = Math.round((CALLS / 2) * share)
    const caller = async () => {
      while (made < until) await callOnce(living, made++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, caller))
    samples.push(await sampleOf(living, probe, samples.length + 1))
  }
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) throw new TypeError('no samples')
  const grown = (what: keyof Sample) => last[what] / first[what]
  const perLine = (what: keyof Sample) => last[what] / last.lines / (first[what] / first.lines)
  const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`
  return [
    atMost(`${name}: heap, after five times as many calls`, grown('heap'), 1.1, times),
    { what: `${name}: heap at each fifth`, figure: samples.map(({ heap }) => megabytes(heap)).join(', ') },
    atMost(`${name}: handles and timers`, grown('resources'), 1, times),
    atMost(`${name}: open files`, grown('files'), 1, times),
    { what: `${name}: store without the index`, figure: times(grown('store')) },
    atMost(`${name}: journal, per line of it`, perLine('journal'), 1.05, times),
    atMost(`${name}: index of the journal, per line`, perLine('index'), 1.1, times),
    {
      what: `${name}: lines, journal, index, store at the end`,
      figure: `${last.lines.toLocaleString('en')}, ${megabytes(last.journal)}, ${megabytes(last.index)}, ${megabytes(last.store)}`,
    },
  ]
}

const ADA = 'ada@example.com'
const TENANT = 'acme-netskope'
/** Of several changes at once, none is to wait for another to the same account. */
const PEOPLE = makePeople().map(({ userName }) => userName)

/** The calls of twenty, and whether each is to be refused. */
const ROUND: readonly (readonly [tool: string, input: object, refused?: true])[] = [
  ...Array.from({ length: 8 }, () => ['find_user', { user: ADA }] as const),
  ...Array.from({ length: 3 }, () => ['find_user', { user: 'nobody@example.com' }] as const),
  ...Array.from({ length: 3 }, () => ['list_users', { tenant: TENANT, limit: 10 }] as const),
  ['list_tenants', {}],
  ['list_groups', { tenant: TENANT }],
  ['pull_audit', { tenant: TENANT, since: new Date(Date.now() - 86_400_000).toISOString(), limit: 5 }],
  ['check_token', { tenant: TENANT }],
  ['find_user', { usr: ADA }, true],
]

async function callOnce({ call }: Living, number: number): Promise<void> {
  const round = Math.floor(number / (ROUND.length + 1))
  const user = PEOPLE[round % PEOPLE.length] ?? ADA
  const set = { department: `Department ${round}` }
  const [tool, input, refused] = ROUND[number % (ROUND.length + 1)] ?? [
    'update_user',
    { user, tenant: TENANT, set },
  ]
  const { error } = await call(tool, input)
  if ((error !== undefined) !== (refused ?? false))
    throw new Error(`${tool} answered ${JSON.stringify(error)}`)
}

async function sampleOf({ pid, dataDir }: Living, probe: string, nth: number): Promise<Sample> {
  if (pid === undefined) throw new TypeError('it has no process of its own')
  // Leases of budgets and batches of the index end by then.
  await setTimeout(2_000)
  process.kill(pid, 'SIGUSR2')
  const seen = () => linesOf(probe).slice(nth - 1)
  while (seen().length === 0) await setTimeout(50)
  const index = sizeOf(dataDir, (name) => name.startsWith('journal-index'))
  const isStore = (name: string) => /^(state|budgets|comparisons)/.test(name)
  return {
    ...(JSON.parse(seen()[0] ?? '') as Pick<Sample, 'heap' | 'resources'>),
    files: readdirSync(`/proc/${pid}/fd`).length,
    lines: linesOf(join(dataDir, 'journal.jsonl')).length,
    journal: statSync(join(dataDir, 'journal.jsonl')).size,
    index,
    store: sizeOf(dataDir, isStore),
  }
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n')
  } catch {
    return []
  }
}

const sizeOf = (folder: string, counts: (name: string) => boolean): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => counts(path.slice(folder.length + 1)))
    .reduce((sum, path) => sum + statSync(path).size, 0)
