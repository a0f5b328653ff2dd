import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type Asked, askUntil } from './askers.ts'
import { type Door, door, makeTokens, openQuietly } from './door.ts'
import { temporaryFolder } from './folder.ts'
import { atLeast, atMost, ms, type Part, quantile, type Row, times } from './rows.ts'

const CALLERS = 64
const ROUNDS = 4

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

const everybody = (asking: Door, forMs: number): Promise<Asked[]> =>
  askUntil(
    Date.now() + forMs,
    Array.from({ length: CALLERS }, (_, caller) => ({ ask: asking.as(caller), atOnce: 1 })),
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
