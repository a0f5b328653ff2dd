import { once } from 'node:events'
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { forkApp, startProgram, timed, toEnd } from '../test/support/children.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { atLeast, atMost, type BenchRow, exactly, type Part, times } from './rows.ts'

const EVENTS = Number(process.env.EXPORT_EVENTS ?? 1_000_000)
const LATENCY_MS = Number(process.env.EXPORT_LATENCY_MS ?? 100)
const EVERY_MS = 200
const PAGE = 5_000
const LOOK_MS = 50

/** An export of a long log, while new events arrive: how fast, in how much memory, and whether it has every event once. */
export const exportPart: Part = async () => {
  using folder = temporaryFolder()
  await using app = await forkApp(join(import.meta.dirname, 'log-app.ts'), {
    events: EVENTS,
    latencyMs: LATENCY_MS,
    everyMs: EVERY_MS,
  })
  const bare = await timed(() => bareLoop(app.url, join(folder.path, 'bare.jsonl')))
  const settings = {
    tenants: {
      acme: {
        vendor: 'netskope',
        url: app.url,
        tokens: { scim: 'env:TOKEN', rest: 'env:TOKEN' },
        budget: { perSecond: 10_000, perMinute: 600_000, perHour: 36_000_000, perDay: 864_000_000 },
      },
    },
    dataDir: join(folder.path, 'data'),
  }
  const config = join(folder.path, 'identity-mcp.json')
  writeFileSync(config, JSON.stringify(settings))
  const start = (name: string) => {
    const out = join(folder.path, name)
    const words = ['audit', 'export', 'acme', '--since', '2020-01-01', '--out', out, '--config', config]
    return startProgram(words, folder.path)
  }

  const memory: number[] = []
  const whole = start('whole.jsonl')
  const ours = await timed(() => toEnd(whole, memory))

  const killed = start('killed.jsonl')
  const before = await app.ask<number>('pages')
  while ((await app.ask<number>('pages')) < before + EVENTS / PAGE / 2) await sleep(LOOK_MS)
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  await toEnd(start('killed.jsonl'))
  const ids = await app.ask<string[]>('ids')
  // What came after the span of the first run is told by the next one.
  for (const out of ['whole.jsonl', 'killed.jsonl']) await toEnd(start(out))

  const rows: BenchRow[] = []
  for (const [what, out] of [
    ['whole', 'whole.jsonl'],
    ['killed halfway and run again', 'killed.jsonl'],
  ] as const) {
    const { lost, twice } = await compared(join(folder.path, out), ids)
    rows.push(exactly(`${what}: events lost`, lost, 0), exactly(`${what}: events twice`, twice, 0))
  }
  const early = Math.max(...memory.slice(0, Math.ceil(memory.length / 4)))
  const late = Math.max(...memory.slice(-Math.ceil(memory.length / 4)))
  return {
    title: 'An export of a long log',
    how:
      `\`audit export\` of ${EVENTS} events in pages of ${PAGE}, each of which the app takes ${LATENCY_MS} ms for, to a file of JSON ` +
      `lines, while a new event arrives every ${EVERY_MS} ms, every other one a minute late; then another export that is killed ` +
      'halfway and run again. The bare loop asks for the same pages with undici, one after another, parses each, and writes every ' +
      'event as a line of JSON; it cannot go on where it stopped, and does not know an event that it has. ' +
      `\`EXPORT_EVENTS=${EVENTS} npm run bench -- --only export --write\`.`,
    rows: [
      { what: 'bare loop', figure: perSecond(bare) },
      { what: 'export', figure: perSecond(ours) },
      atLeast('speed of the export to that of the bare loop', bare / ours, 0.8, times),
      atMost('memory in the last quarter to that in the first', late / early, 1.3, times),
      { what: 'most memory (RSS)', figure: `${Math.max(...memory).toFixed(0)} MiB` },
      ...rows,
    ],
  }
}

const perSecond = (seconds: number) => `${Math.round(EVENTS / seconds)} events/s (${seconds.toFixed(1)} s)`

async function bareLoop(url: string, out: string): Promise<void> {
  const file = createWriteStream(out)
  for (let offset = 0; ; offset += PAGE) {
    const query = { starttime: 0, endtime: Math.ceil(Date.now() / 1_000), limit: PAGE, offset }
    const { body } = await request(`${url}/api/v2/events/data/audit`, { query })
    const { result } = (await body.json()) as { result: object[] }
    if (result.length === 0) break
    const lines = result.map((row) => `${JSON.stringify(row)}\n`).join('')
    if (!file.write(lines)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
}

async function compared(file: string, wanted: readonly string[]): Promise<{ lost: number; twice: number }> {
  const seen = new Set<string>()
  let twice = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { id } = JSON.parse(line) as { id: string }
    if (seen.has(id)) twice += 1
    seen.add(id)
  }
  return { lost: wanted.filter((id) => !seen.has(id)).length, twice }
}
