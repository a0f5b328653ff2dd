import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { temporaryFolder } from '../test/support/folder.ts'
import { askUntil, type CrowdResult } from './askers.ts'
import { type HttpCallers, httpCallers, makeTokens, openUnthrottledWorld } from './http-callers.ts'
import { atLeast, atMost, type BenchRow, ms, type Part, quantile, times } from './rows.ts'

const CALLERS = 64
const ROUNDS = 4

export const http: Part = async ({ seconds }) => {
  await using world = await openUnthrottledWorld()
  using folder = temporaryFolder()
  const minimal = await startMinimalServer(folder.path)
  try {
    const ours = httpCallers(world.url, await makeTokens(world.dataDir, CALLERS))
    const theirs = httpCallers(minimal.url, [])
    return {
      title: 'Over HTTP',
      how:
        `${CALLERS} callers, each with its own token, call list_tenants in a loop, which sends no request to an app; alternating ` +
        'with the same calls to a minimal server: one tool on the same SDK, no authentication.',
      rows: [
        ...(await throughputRows(ours, theirs, (seconds * 1_000) / 30)),
        ...(await memoryRows(ours, world.pid, seconds * 4_000)),
      ],
    }
  } finally {
    minimal.process.kill()
  }
}

const callFromAll = (asking: HttpCallers, forMs: number): Promise<CrowdResult[]> =>
  askUntil(
    Date.now() + forMs,
    Array.from({ length: CALLERS }, (_, caller) => ({ ask: asking.as(caller), atOnce: 1 })),
  )

async function throughputRows(ours: HttpCallers, theirs: HttpCallers, forMs: number): Promise<BenchRow[]> {
  const waits = { ours: [] as number[], theirs: [] as number[] }
  // The first round is a warm-up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, asking] of [
      ['theirs', theirs],
      ['ours', ours],
    ] as const) {
      const asked = await callFromAll(asking, forMs)
      if (round > 0) waits[name].push(...asked.flatMap((one) => one.waits))
    }
  }
  const perSecond = (values: readonly number[]) => (values.length / ROUNDS / forMs) * 1_000
  const pair = (share: number) => `${ms(quantile(waits.ours, share))}, ${ms(quantile(waits.theirs, share))}`
  return [
    atLeast(
      'Calls per second, relative to the one-tool server',
      waits.ours.length / waits.theirs.length,
      0.7,
      times,
    ),
    {
      what: 'Calls per second: ours, the one-tool server',
      figure: `${perSecond(waits.ours).toFixed(0)}, ${perSecond(waits.theirs).toFixed(0)}`,
    },
    { what: 'Median: ours, the one-tool server', figure: pair(0.5) },
    { what: 'p99: ours, the one-tool server', figure: pair(0.99) },
  ]
}

async function memoryRows(ours: HttpCallers, pid: number | undefined, forMs: number): Promise<BenchRow[]> {
  if (process.platform !== 'linux')
    return [{ what: 'Memory under load', figure: 'not available on this system' }]
  await callFromAll(ours, forMs / 10)
  const early = residentMegabytes(pid)
  await callFromAll(ours, (forMs * 9) / 10)
  const late = residentMegabytes(pid)
  return [
    atMost(
      `Memory after ${forMs / 60_000} minutes of load, relative to a tenth of that time`,
      late / early,
      1.1,
      times,
    ),
    {
      what: 'Memory at the end, after a tenth of the time',
      figure: `${late.toFixed(0)} MB, ${early.toFixed(0)} MB`,
    },
  ]
}

const residentMegabytes = (pid: number | undefined) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024

async function startMinimalServer(folder: string): Promise<{ url: URL; process: ChildProcess }> {
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
