import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportLog } from '../../../src/cli/audit/export-log.ts'
import { type ExportFormat, formatOf } from '../../../src/cli/audit/formats.ts'
import { placeBeside } from '../../../src/cli/audit/place.ts'
import { fileSink } from '../../../src/cli/audit/sinks.ts'
import type { AuditEvent } from '../../../src/domain/account.ts'
import type { AuditPage } from '../../../src/domain/operations.ts'
import type { Logs } from '../../../src/engine/audit.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identity-mcp-export-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const PAGE = 3
class Killed extends Error {}

/** A log of an app, newest first by offset, as Netskope's; `onPage` happens before each page is answered. */
const logsOf = (events: AuditEvent[], onPage: () => void, size = PAGE): Logs => ({
  ask: {
    tenants: { get: () => ({ offers: () => true }) } as never,
    one: (async (_: string, __: string, asked: { since: Date; until: Date; at?: { offset: number } }) => {
      onPage()
      const inSpan = events
        .filter(
          ({ time }) =>
            Date.parse(time) >= asked.since.getTime() && Date.parse(time) <= asked.until.getTime(),
        )
        .sort((a, b) => Date.parse(b.time) - Date.parse(a.time))
      const from = asked.at?.offset ?? 0
      const items = inSpan.slice(from, from + size)
      const hasMore = from + size < inSpan.length
      return {
        items,
        behind: [],
        order: 'newest_first',
        leftOut: 0,
        complete: !hasMore,
        ...(hasMore && { next: { offset: from + size, size } }),
      } satisfies AuditPage
    }) as never,
    each: async () => [],
  },
  own: async () => ({ items: [], more: false, altered: 0 }),
})

const event = (id: string, time: number): AuditEvent => ({
  id,
  time: new Date(time).toISOString(),
  action: `=edit "${id}", a policy`,
  actor: 'grace@example.com',
  source: 'app',
})

/** One run of the program: it may be killed at a page, and what it was writing then is left in the file. */
async function run(file: string, name: ExportFormat, since: Date, logs: Logs): Promise<void> {
  const format = formatOf(name, { tenant: 'acme', product: 'Acme' })
  const keeper = placeBeside(file)
  const sink = await fileSink(file, { format, hasPlace: (await keeper.read()) !== undefined })
  try {
    await exportLog(since, {
      ...{ tenant: 'acme', logs, format, formatName: name, sink, keeper },
      signal: new AbortController().signal,
    })
  } catch (error) {
    if (!(error instanceof Killed)) throw error
    if ((await keeper.read()) !== undefined) appendFileSync(file, '{"half a li')
  } finally {
    await sink.close()
  }
}

const idsIn = (file: string, name: ExportFormat): string[] => {
  const { markIn } = formatOf(name, { tenant: 'acme', product: 'Acme' })
  return readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('source,'))
    .map((line) => markIn(line)?.key.replace('app/', '') ?? `no event: ${line}`)
}

test.each(['jsonl', 'csv', 'ocsf'] as const)(
  'as %s, a file has every event once, wherever the export is killed and whatever arrives late',
  async (name) => {
    let files = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3_600 }), { maxLength: 20 }),
        // How many pages each run lives, and how old an event is that arrives meanwhile, in seconds.
        fc.array(
          fc.record({ pages: fc.integer({ min: 0, max: 6 }), late: fc.integer({ min: 0, max: 500 }) }),
          {
            maxLength: 5,
          },
        ),
        async (ages, kills) => {
          files += 1
          const file = join(folder, `${name}-${files}`)
          const now = Date.now()
          const events = ages.map((age, index) => event(`e${index}`, now - age * 1_000))
          const since = new Date(now - 2 * 3_600_000)
          for (const [index, { pages, late }] of kills.entries()) {
            let left = pages
            const onPage = () => {
              if (left === 0) throw new Killed()
              left -= 1
              if (left === 0) events.push(event(`late${index}`, Date.now() - late * 1_000))
            }
            await run(file, name, since, logsOf(events, onPage))
          }
          // The first finishes what was begun; the second reads again what is young.
          for (let end = 0; end < 2; end++)
            await run(
              file,
              name,
              since,
              logsOf(events, () => {}),
            )
          expect(idsIn(file, name).sort()).toEqual(events.map(({ id }) => id).sort())
        },
      ),
      { numRuns: 40 },
    )
  },
)

test('the app is asked for the next page while one is written, and never for the one behind it', async () => {
  const file = join(folder, 'ahead.jsonl')
  const now = Date.now()
  const events = Array.from({ length: 4 * PAGE }, (_, at) => event(`e${at}`, now - 86_400_000 - at))
  const format = formatOf('jsonl', { tenant: 'acme', product: 'Acme' })
  const sink = await fileSink(file, { format, hasPlace: false })
  let asked = 0
  const askedAtWrite: number[] = []
  await exportLog(new Date(0), {
    ...{ tenant: 'acme', format, formatName: 'jsonl', signal: new AbortController().signal },
    logs: logsOf(events, () => {
      asked += 1
    }),
    sink: {
      ...sink,
      async write(lines) {
        // Long enough for any other request to begin.
        await new Promise((resolve) => setTimeout(resolve, 20))
        askedAtWrite.push(asked)
        await sink.write(lines)
      },
    },
  })
  await sink.close()
  expect(askedAtWrite).toEqual([2, 3, 4, 4])
  expect(idsIn(file, 'jsonl')).toEqual(events.map(({ id }) => id))
})

test('a file that is no export is never written to, and a place of another tenant is refused', async () => {
  const file = join(folder, 'notes.txt')
  appendFileSync(file, 'my notes')
  const logs = logsOf([], () => {})
  await expect(run(file, 'jsonl', new Date(0), logs)).rejects.toMatchObject({ code: 'invalid_input' })
  expect(readFileSync(file, 'utf8')).toBe('my notes')
  const other = join(folder, 'other')
  await run(other, 'jsonl', new Date(0), logs)
  await expect(run(other, 'csv', new Date(0), logs)).rejects.toMatchObject({ code: 'invalid_input' })
})

test('the end of a long log is not written again, though it was read long before the beginning', async () => {
  const file = join(folder, 'long.jsonl')
  const now = Date.now()
  const old = Array.from({ length: 100_100 }, (_, at) => event(`old-${at}`, now - 86_400_000 - at))
  const young = Array.from({ length: 50 }, (_, at) => event(`young-${at}`, now - 1_000 * at))
  const logs = logsOf([...young, ...old], () => undefined, 50_000)
  for (let times = 0; times < 2; times++) await run(file, 'jsonl', new Date(0), logs)
  const ids = idsIn(file, 'jsonl')
  expect(ids).toHaveLength(old.length + young.length)
  expect(new Set(ids).size).toBe(ids.length)
}, 60_000)
