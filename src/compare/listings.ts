import type { Account } from '../domain/account.ts'
import { openScratch } from '../store/scratch.ts'
import type { Database } from '../store/sqlite-thread.ts'
import { fold } from '../text/text.ts'
import { type Candidate, comparable, type Join, type Joined, joinOf, keysOf } from './judge.ts'

/** The accounts of a comparison, on disk: one listing for each tenant, of which number 0 is the truth. */
export interface Listings {
  add(listing: number, accounts: readonly Account[]): Promise<void>
  /** Joins every account of a listing to the truth. */
  join(listing: number): Promise<void>
  /** The accounts of a listing that was joined, with whom they are joined to. */
  joined(listing: number): AsyncGenerator<Omit<Joined, 'isTruthWhole'>>
  /** Who is active in the truth, and whom no account of the listing is joined to. */
  missing(listing: number): AsyncGenerator<Account>
  /** How many accounts of a listing do not tell whether they are active. */
  untold(listing: number): Promise<number>
  close(): Promise<void>
}

const SCHEMA = `
CREATE TABLE accounts (
  listing INTEGER, id TEXT, status TEXT, row TEXT, manager TEXT, joined TEXT, how TEXT,
  PRIMARY KEY (listing, id)
) WITHOUT ROWID;
CREATE TABLE keys (listing INTEGER, key TEXT, value TEXT, id TEXT, PRIMARY KEY (listing, key, value, id)) WITHOUT ROWID;
CREATE INDEX joins ON accounts (listing, joined);`

const PAGE = 500

const ACCOUNTS = `SELECT id, row FROM accounts WHERE listing = ? AND id > ? ORDER BY id LIMIT ${PAGE}`

const CANDIDATES = `
SELECT asked.value ->> 0 AS account, keys.key AS key, keys.id AS id, accounts.status AS status
FROM json_each(?) AS asked
JOIN keys ON keys.listing = 0 AND keys.key = asked.value ->> 1 AND keys.value = asked.value ->> 2
JOIN accounts ON accounts.listing = 0 AND accounts.id = keys.id`

const NAMES = "key IN ('id', 'userName', 'email')"

const JOINED = `
SELECT a.id AS id, a.row AS row, t.row AS truth, a.how AS how,
  CASE WHEN a.manager IS NULL OR t.manager IS NULL THEN NULL ELSE (
    SELECT m.joined FROM keys JOIN accounts m ON m.listing = keys.listing AND m.id = keys.id
    WHERE keys.listing = a.listing AND ${NAMES} AND value = a.manager LIMIT 1) END AS manager,
  CASE WHEN a.manager IS NULL OR t.manager IS NULL THEN NULL ELSE (
    SELECT keys.id FROM keys WHERE keys.listing = 0 AND ${NAMES} AND value = t.manager LIMIT 1) END AS truthManager
FROM (SELECT * FROM accounts WHERE listing = ? AND id > ? ORDER BY id LIMIT ${PAGE}) a
LEFT JOIN accounts t ON t.listing = 0 AND t.id = a.joined ORDER BY a.id`

const MISSING = `
SELECT id, row FROM accounts t
WHERE listing = 0 AND status = 'active'
  AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.listing = ? AND a.joined = t.id) AND id > ?
ORDER BY id LIMIT ${PAGE}`

interface JoinedRow {
  id: string
  row: string
  truth: string | null
  how: string | null
  manager: string | null
  truthManager: string | null
}

/** Every row of a query that goes on behind an id. */
async function* pages<Row extends { id: string }>(
  { all }: Pick<Database, 'all'>,
  sql: string,
  listing: number,
): AsyncGenerator<Row[]> {
  for (let after = ''; ; ) {
    const rows = await all<Row>(sql, [listing, after])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = last.id
  }
}

/** `folder` is where the index is while it is needed; in memory without one. */
export async function openListings(folder: string | undefined): Promise<Listings> {
  const database = await openScratch(folder, SCHEMA)
  const { run, all } = database
  return {
    async add(listing, accounts) {
      // A list that changes while it is read can show an account twice: the later row counts.
      await run(
        'INSERT OR REPLACE INTO accounts (listing, id, status, row, manager) VALUES (?, ?, ?, ?, ?)',
        accounts.map((account) => [
          listing,
          account.id,
          account.status,
          JSON.stringify(comparable(account)),
          account.manager === undefined ? null : fold(account.manager),
        ]),
      )
      await run(
        'INSERT OR IGNORE INTO keys (listing, key, value, id) VALUES (?, ?, ?, ?)',
        accounts.flatMap((account) => [
          ...keysOf(account).map(([key, value]) => [listing, key, value, account.id]),
          [listing, 'id', fold(account.id), account.id],
        ]),
      )
    },
    async join(listing) {
      for await (const rows of pages<{ id: string; row: string }>(database, ACCOUNTS, listing)) {
        const asked = rows.flatMap(({ id, row }) =>
          keysOf(JSON.parse(row) as Account).map(([key, value]) => [id, key, value]),
        )
        const found = await all<Candidate & { account: string }>(CANDIDATES, [JSON.stringify(asked)])
        const candidates = new Map<string, Candidate[]>()
        for (const { account, ...one } of found) {
          const others = candidates.get(account)
          if (others) others.push(one)
          else candidates.set(account, [one])
        }
        const joins = [...candidates].flatMap(([id, those]) => {
          const join = joinOf(those)
          return join ? [[join.id, JSON.stringify(join), listing, id]] : []
        })
        await run('UPDATE accounts SET joined = ?, how = ? WHERE listing = ? AND id = ?', joins)
      }
    },
    async *joined(listing) {
      for await (const rows of pages<JoinedRow>(database, JOINED, listing)) {
        for (const { row, truth, how, manager, truthManager } of rows) {
          yield {
            account: JSON.parse(row) as Account,
            ...(truth !== null && { truth: JSON.parse(truth) as Account }),
            ...(how !== null && { join: JSON.parse(how) as Join }),
            managers: {
              ...(manager !== null && { account: manager }),
              ...(truthManager !== null && { truth: truthManager }),
            },
          }
        }
      }
    },
    async *missing(listing) {
      for await (const rows of pages<{ id: string; row: string }>(database, MISSING, listing)) {
        for (const { row } of rows) yield JSON.parse(row) as Account
      }
    },
    async untold(listing) {
      const sql = "SELECT count(*) AS count FROM accounts WHERE listing = ? AND status = 'unknown'"
      return (await all<{ count: number }>(sql, [listing]))[0]?.count ?? 0
    },
    close: () => database.close(),
  }
}
