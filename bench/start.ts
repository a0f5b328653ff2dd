import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../test/support/folder.ts'
import { RawClient } from '../test/support/raw.ts'
import { startApp } from './app.ts'
import { bundleServer } from './bundle-server.ts'
import { atMost, type BenchRow, median, ms, type Part, times } from './rows.ts'
import { type Launch, prepareLaunch } from './servers.ts'

const STARTS = 15

export const start: Part = async () => {
  await using app = await startApp()
  using launch = prepareLaunch(app)
  using folder = temporaryFolder()
  const minimal = {
    ...launch,
    main: await bundleServer(join(import.meta.dirname, 'one-tool-server.ts'), folder.path),
    args: [],
  }
  const ours: Lifetime[] = []
  const theirs: Lifetime[] = []
  for (let turn = 0; turn < STARTS; turn++) {
    theirs.push(await measureLifetime(minimal))
    ours.push(await measureLifetime(launch))
  }
  const of = (lives: readonly Lifetime[], what: keyof Lifetime) => median(lives.map((life) => life[what]))
  const pair = (what: keyof Lifetime, show: (value: number) => string) =>
    `${show(of(ours, what))}, ${show(of(theirs, what))}`
  return {
    title: 'Start, memory, end',
    how:
      'From starting the process to its first answer to tools/list, compared with a minimal server: one tool ' +
      `on the same SDK in one bundled file. Medians of ${STARTS} alternating starts each.`,
    rows: [
      atMost('Start, relative to the one-tool server', of(ours, 'start') / of(theirs, 'start'), 1.15, times),
      { what: 'Start: ours, the one-tool server', figure: pair('start', ms) },
      ...memoryRows(of(ours, 'memory'), of(theirs, 'memory')),
      { what: 'End after stdin closes: ours, the one-tool server', figure: pair('end', ms) },
    ],
  }
}

interface Lifetime {
  start: number
  /** Megabytes of resident memory after the first answer; NaN if the system does not report it. */
  memory: number
  end: number
}

async function measureLifetime({ main, args, env }: Launch): Promise<Lifetime> {
  const born = performance.now()
  const server = spawn(process.execPath, [main, ...args], { env })
  const ended = new Promise<number | null>((resolve) => server.once('close', resolve))
  const client = new RawClient({ ...server, pid: server.pid, kill: () => server.kill(), ended })
  const { result } = await client.send('tools/list', {})
  const start = performance.now() - born
  if (!result) throw new Error(`${main} did not list its tools`)
  const memory = residentMegabytes(server.pid)
  const closed = performance.now()
  server.stdin.end()
  await ended
  return { start, memory, end: performance.now() - closed }
}

function residentMegabytes(pid: number | undefined): number {
  if (process.platform !== 'linux') return Number.NaN
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) / 1_024
}

const megabytes = (value: number) => `${value.toFixed(0)} MB`

const memoryRows = (ours: number, theirs: number): BenchRow[] =>
  Number.isNaN(ours)
    ? [{ what: 'Memory after the start', figure: 'not available on this system' }]
    : [
        atMost('Memory after the start', ours, 65, megabytes),
        { what: 'Memory of the one-tool server', figure: megabytes(theirs) },
      ]
