import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Pool } from 'undici'
import { openStores } from '../src/commands/place.ts'
import { openAccessTokens } from '../src/store/access-tokens.ts'
import { openHttpWorld } from '../test/support/http-world.ts'
import { type Ask, type Asked, askUntil } from './askers.ts'
import { temporaryFolder } from './folder.ts'
import { atLeast, atMost, ms, type Part, quantile, type Row, times } from './rows.ts'

const CALLERS = 64
const QUIET = 9
const ROUNDS = 4
const PAUSE_MS = 50
const WARM_UP_MS = 5_000

export const http: Part = async ({ seconds }) => {
  await using world = await openQuietly()
  using folder = temporaryFolder()
  const least = await startLeast(folder.path)
  try {
    const ours = door(world.url, await makeTokens(world.dataDir, CALLERS))
    const theirs = door(least.url, [])
    return {
      title: 'Over HTTP',
      how:
        `${CALLERS} callers, each with a token of its own, call list_tenants over and over, which asks no app; in turn ` +
        'with the same against the least server there can be, with one tool on the same SDK and no authentication.',
      rows: [
        ...(await throughput(ours, theirs, (seconds * 1_000) / 30)),
        ...(await memory(ours, world.pid, seconds * 4_000)),
      ],
    }
  } finally {
    least.process.kill()
  }
}

export const greedy: Part = async ({ seconds }) => {
  await using world = await openQuietly()
  const ours = door(world.url, await makeTokens(world.dataDir, 1 + QUIET))
  await everybody(ours, WARM_UP_MS, 1)
  return {
    title: 'A greedy caller beside quiet ones',
    how:
      `Over HTTP, ${QUIET} callers that call list_tenants and pause for ${PAUSE_MS} ms, alone and beside one that keeps ` +
      `${CALLERS} calls going; ${ROUNDS} times in turn, ${seconds / 15} s each.`,
    rows: await fairness(ours, (seconds * 1_000) / 15),
  }
}

// What one caller may ask for is no part of what is measured, but for the number at once, which is the usual.
const openQuietly = () =>
  openHttpWorld({ settings: { http: { perMinute: 10_000_000 } }, env: { IDENTITY_MCP_LOG: 'error' } })

/** A way to call list_tenants as the caller of that number. */
interface Door {
  as(caller: number): Ask
}

const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'list_tenants',
    arguments: {},
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
      'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    },
  },
})
const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'list_tenants',
}

function door({ origin, pathname: path }: URL, tokens: readonly string[]): Door {
  const pool = new Pool(origin, { connections: 2 * CALLERS })
  return {
    as: (caller) => async (signal) => {
      const token = tokens[caller]
      const headers = { ...HEADERS, ...(token && { authorization: `Bearer ${token}` }) }
      const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: BODY, signal })
      await body.dump()
      if (statusCode === 200) return 'answered'
      if (statusCode !== 429) throw new Error(`answered ${statusCode}`)
      // Whoever asks here is as greedy as can be.
      return { retryAt: Date.now() }
    },
  }
}

const everybody = (asking: Door, forMs: number, callers = CALLERS): Promise<Asked[]> =>
  askUntil(
    Date.now() + forMs,
    Array.from({ length: callers }, (_, caller) => ({ ask: asking.as(caller), atOnce: CALLERS / callers })),
  )

async function throughput(ours: Door, theirs: Door, forMs: number): Promise<Row[]> {
  const waits = { ours: [] as number[], theirs: [] as number[] }
  // The first round warms both up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, asking] of [
      ['theirs', theirs],
      ['ours', ours],
    ] as const) {
      const asked = await everybody(asking, forMs)
      if (round > 0) waits[name].push(...asked.flatMap((one) => one.waits))
    }
  }
  const perSecond = (values: readonly number[]) => (values.length / ROUNDS / forMs) * 1_000
  const pair = (share: number) => `${ms(quantile(waits.ours, share))}, ${ms(quantile(waits.theirs, share))}`
  return [
    atLeast(
      'Calls a second over those of the one-tool server',
      waits.ours.length / waits.theirs.length,
      0.7,
      times,
    ),
    {
      what: 'Calls a second: ours, the one-tool server',
      figure: `${perSecond(waits.ours).toFixed(0)}, ${perSecond(waits.theirs).toFixed(0)}`,
    },
    { what: 'Half of the calls within: ours, the one-tool server', figure: pair(0.5) },
    { what: '99 % of the calls within: ours, the one-tool server', figure: pair(0.99) },
  ]
}

/** The quiet callers, alone and beside the greedy one, which is caller 0. */
async function fairness(ours: Door, forMs: number): Promise<Row[]> {
  const quiet = Array.from({ length: QUIET }, (_, one) => ({
    ask: ours.as(1 + one),
    atOnce: 1,
    pauseMs: PAUSE_MS,
  }))
  const waitsOf = (asked: readonly Asked[]) => asked.flatMap(({ waits }) => waits)
  const alone: number[] = []
  const beside: number[] = []
  const greed = { answered: 0, turnedAway: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(...waitsOf(await askUntil(Date.now() + forMs, quiet)))
    const [first, ...others] = await askUntil(Date.now() + forMs, [
      { ask: ours.as(0), atOnce: CALLERS },
      ...quiet,
    ])
    beside.push(...waitsOf(others))
    greed.answered += first?.answered ?? 0
    greed.turnedAway += first?.turnedAway ?? 0
  }
  const pair = (share: number) => `${ms(quantile(alone, share))}, ${ms(quantile(beside, share))}`
  return [
    atMost(
      '99 % of their calls within, over that without the greedy one',
      quantile(beside, 0.99) / quantile(alone, 0.99),
      2,
      times,
    ),
    { what: '99 % of their calls within: without it, beside it', figure: pair(0.99) },
    { what: 'Half of their calls within: without it, beside it', figure: pair(0.5) },
    { what: 'Calls of the greedy one: answered, refused', figure: `${greed.answered}, ${greed.turnedAway}` },
  ]
}

async function memory(ours: Door, pid: number | undefined, forMs: number): Promise<Row[]> {
  if (process.platform !== 'linux') return [{ what: 'Memory under load', figure: 'not told on this system' }]
  await everybody(ours, forMs / 10)
  const early = residentMegabytes(pid)
  await everybody(ours, (forMs * 9) / 10)
  const late = residentMegabytes(pid)
  return [
    atMost(
      `Memory after ${forMs / 60_000} minutes of load over that after a tenth of them`,
      late / early,
      1.1,
      times,
    ),
    { what: 'The same in figures', figure: `${late.toFixed(0)} MB, ${early.toFixed(0)} MB` },
  ]
}

const residentMegabytes = (pid: number | undefined) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024

async function makeTokens(dataDir: string, count: number): Promise<string[]> {
  const { store } = openStores(dataDir)
  const tokens = openAccessTokens(store)
  const made = await Promise.all(
    Array.from({ length: count }, (_, one) => tokens.create(`caller-${one}`, { scopes: ['identity:read'] })),
  )
  await store.close()
  return made.map(({ token }) => token)
}

async function startLeast(folder: string): Promise<{ url: URL; process: ChildProcess }> {
  const outfile = join(folder, 'one-tool-http-server.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'one-tool-http-server.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    logLevel: 'warning',
  })
  const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [address] = await once(child.stdout, 'data')
  return { url: new URL(String(address).trim()), process: child }
}
