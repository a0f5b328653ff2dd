import { existsSync } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Account, AuditEvent } from '../domain/account.ts'
import { isAskedFor } from '../domain/audit-filter.ts'
import { nearest } from '../engine/nearest.ts'
import type { OwnEvents, OwnEventsAsk } from '../engine/own-events.ts'
import { openScratch } from '../store/scratch.ts'
import type { Database } from '../store/sqlite-thread.ts'
import { differencesOf, type Kept, keptOf } from './differences.ts'

/** The last list of each tenant's accounts, and what changed from each to the next. */
export interface SnapshotStore {
  /** Takes the accounts of a new list of a tenant; `end` makes it the last one. Nothing happens to a list that is not ended. */
  begin(tenant: string): Promise<{
    add(accounts: readonly Account[]): Promise<void>
    /** How many changes there are since the list before; undefined for a first list. `hidden` says whom the app does not show. */
    end(at: Date, hidden?: string): Promise<number | undefined>
  }>
  events(ask: OwnEventsAsk): Promise<OwnEvents>
  close(): Promise<void>
}

/** Behind every number of a line of the journal, which has the same order of events. */
const FIRST_SEQ = 2 ** 50
const PAGE = 500
const DAY_MS = 24 * 3_600_000
const LOCK_WAIT_MS = 5_000

/** What is kept is attached to a database for the list that is being taken, which may be large. */
const schema = (file: string) => `
ATTACH '${file.replaceAll("'", "''")}' AS kept;
PRAGMA kept.journal_mode = TRUNCATE;
PRAGMA kept.synchronous = FULL;
CREATE TABLE IF NOT EXISTS kept.lists (tenant TEXT PRIMARY KEY, at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept.accounts (tenant TEXT, id TEXT, row TEXT, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept.events (seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT, time TEXT, account TEXT, event TEXT);
CREATE INDEX IF NOT EXISTS kept.by_time ON events (tenant, time);
CREATE TABLE incoming (id TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID;
CREATE TABLE found (tenant TEXT, time TEXT, account TEXT, event TEXT);`

const CHANGED = `
SELECT i.id AS id, i.row AS now, a.row AS before
FROM incoming i LEFT JOIN accounts a ON a.tenant = ? AND a.id = i.id
WHERE i.id > ? AND (a.row IS NULL OR a.row <> i.row) ORDER BY i.id LIMIT ${PAGE}`

const GONE = `
SELECT a.id AS id, NULL AS now, a.row AS before FROM accounts a
WHERE a.tenant = ? AND a.id > ? AND NOT EXISTS (SELECT 1 FROM incoming i WHERE i.id = a.id)
ORDER BY a.id LIMIT ${PAGE}`

interface ChangedRow {
  id: string
  now: string | null
  before: string | null
}

/** In a database of its own under `folder`, which is opened when it is needed; events are kept for so many days. */
export function openSnapshotStore(folder: string | undefined, keepDays = 400): SnapshotStore {
  let opened: Promise<Database> | undefined
  const file = folder === undefined ? undefined : join(folder, 'snapshots', 'snapshots.db')
  const open = async (): Promise<Database> => {
    if (file === undefined) throw new TypeError('no data folder')
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await appendFile(file, '', { mode: 0o600 })
    return openScratch(dirname(file), schema(file), LOCK_WAIT_MS)
  }
  const database = () => {
    opened ??= open()
    return opened
  }
  return {
    async begin(tenant) {
      const { run, runAll, all } = await database()
      await runAll(['DELETE FROM incoming', 'DELETE FROM found'])
      return {
        add: (accounts) =>
          run(
            'INSERT OR REPLACE INTO incoming (id, row) VALUES (?, ?)',
            accounts.map((account) => [account.id, JSON.stringify(keptOf(account))]),
          ),
        async end(at, hidden) {
          const [last] = await all<{ at: string }>('SELECT at FROM lists WHERE tenant = ?', [tenant])
          const time = at.toISOString()
          let count = 0
          for (const sql of last ? [CHANGED, GONE] : []) {
            for await (const rows of pages(all, sql, tenant)) {
              const events = rows.flatMap((row) => eventsOf(row, last?.at ?? time, hidden))
              count += events.length
              await run(
                'INSERT INTO found (tenant, time, account, event) VALUES (?, ?, ?, ?)',
                events.map(([account, event]) => [tenant, time, account, JSON.stringify(event)]),
              )
            }
          }
          await run('DELETE FROM events WHERE time < ?', [
            [new Date(at.getTime() - keepDays * DAY_MS).toISOString()],
          ])
          const name = `'${tenant.replaceAll("'", "''")}'`
          await runAll([
            'INSERT INTO events (tenant, time, account, event) SELECT tenant, time, account, event FROM found',
            `DELETE FROM accounts WHERE tenant = ${name}`,
            `INSERT INTO accounts (tenant, id, row) SELECT ${name}, id, row FROM incoming`,
            `INSERT OR REPLACE INTO lists (tenant, at) VALUES (${name}, '${time}')`,
            'DELETE FROM incoming',
            'DELETE FROM found',
          ])
          return last ? count : undefined
        },
      }
    },
    async events({ tenant, since, until, ...ask }) {
      // Most servers take none.
      if (file === undefined || (!opened && !existsSync(file))) return { items: [], more: false, altered: 0 }
      const { all } = await database()
      const found = nearest<AuditEvent & { seq: number }>({ since, until, ...ask })
      const [sign, order] = ask.order === 'newest_first' ? ['<', 'DESC'] : ['>', 'ASC']
      const sql = `SELECT seq, time, account, event FROM events WHERE tenant = ? AND time >= ? AND time <= ?
        AND (time, seq) ${sign} (?, ?) ORDER BY time ${order}, seq ${order} LIMIT ${PAGE}`
      const span = [tenant, since.toISOString(), until.toISOString()]
      for (let after = firstBehind(ask); ; ) {
        const rows = await all<{ seq: number; time: string; account: string; event: string }>(sql, [
          ...span,
          ...after,
        ])
        for (const { seq, time, account, event } of rows) {
          const made = {
            ...(JSON.parse(event) as AuditEvent),
            id: `snapshot-${seq}`,
            time,
            seq: FIRST_SEQ + seq,
          }
          const targets = [made.target ?? '', account]
          if (found.isInReach(made) && isAskedFor(ask, { actors: [], targets, action: made.action }))
            found.add(made)
        }
        const last = rows.at(-1)
        if (!last || rows.length < PAGE || found.isEnough({ time: last.time, seq: FIRST_SEQ + last.seq }))
          break
        after = [last.time, last.seq]
      }
      return { ...found.taken(), altered: 0 }
    },
    async close() {
      await (await opened)?.close()
    },
  }
}

/** The time and number that the first event is behind. */
function firstBehind({ order, behind }: Pick<OwnEventsAsk, 'order' | 'behind'>): [time: string, seq: number] {
  // One of another source has a number before all of these.
  if (behind) return [behind.time, behind.seq - FIRST_SEQ]
  return order === 'newest_first' ? [LAST_TIME, FIRST_SEQ] : ['', -1]
}

/** Behind every time that is written with four digits for the year. */
const LAST_TIME = '9999-12-31T23:59:59.999Z'

/** The events of an account, without what tells them apart. */
function eventsOf(
  { id, now, before }: ChangedRow,
  notBefore: string,
  hidden: string | undefined,
): [account: string, event: object][] {
  const [was, is] = [before, now].map((row) => (row === null ? undefined : (JSON.parse(row) as Kept)))
  const target = (is ?? was)?.userName
  return differencesOf(was, is).map((one) => [
    id,
    {
      ...one,
      ...inListAlone(one, hidden),
      ...(target !== undefined && { target }),
      source: 'snapshot',
      notBefore,
    },
  ])
}

/** Whoever an app may hide is perhaps there, and was. */
const inListAlone = ({ action }: { action: string }, hidden: string | undefined) =>
  hidden !== undefined && (action === 'deleted' || action === 'created')
    ? { detail: `${action === 'deleted' ? 'Gone from' : 'New in'} the list. ${hidden}` }
    : {}

async function* pages(all: Database['all'], sql: string, tenant: string): AsyncGenerator<ChangedRow[]> {
  for (let after = ''; ; ) {
    const rows = await all<ChangedRow>(sql, [tenant, after])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = last.id
  }
}
