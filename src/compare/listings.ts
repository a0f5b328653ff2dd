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

// Its indexes grow with its rows: to sort them at the end, SQLite would take as much memory as there are rows.
const SCHEMA = `
PRAGMA cache_size = -65536;
PRAGMA locking_mode = EXCLUSIVE;
CREATE TABLE accounts (
  n INTEGER PRIMARY KEY, listing INTEGER, id TEXT, status TEXT, row TEXT, manager TEXT, joined TEXT, how TEXT
);
CREATE UNIQUE INDEX ids ON accounts (listing, id);
CREATE INDEX joins ON accounts (joined, listing) WHERE joined IS NOT NULL;
CREATE TABLE keys (
  listing INTEGER, key TEXT, value TEXT, n INTEGER, PRIMARY KEY (listing, key, value, n)
) WITHOUT ROWID;`

const PAGE = 500

const ACCOUNTS = `SELECT n, id, row FROM accounts WHERE +listing = ? AND n > ? ORDER BY n LIMIT ${PAGE}`

// CROSS JOIN keeps the order, from the few that are asked for to their keys: nothing tells the planner which table is large.
const CANDIDATES = `
SELECT asked.value ->> 0 AS account, keys.key AS key, accounts.id AS id, accounts.status AS status
FROM json_each(?) AS asked
CROSS JOIN keys ON keys.listing = 0 AND keys.key = asked.value ->> 1 AND keys.value = asked.value ->> 2
CROSS JOIN accounts ON accounts.n = keys.n`

const NAMES = "key IN ('id', 'userName', 'email')"

const JOINED = `
SELECT a.n AS n, a.row AS row, t.row AS truth, a.how AS how,
  CASE WHEN a.manager IS NULL OR t.manager IS NULL THEN NULL ELSE (
    SELECT m.joined FROM keys CROSS JOIN accounts m ON m.n = keys.n
    WHERE keys.listing = a.listing AND ${NAMES} AND value = a.manager LIMIT 1) END AS manager,
  CASE WHEN a.manager IS NULL OR t.manager IS NULL THEN NULL ELSE (
    SELECT m.id FROM keys CROSS JOIN accounts m ON m.n = keys.n
    WHERE keys.listing = 0 AND ${NAMES} AND value = t.manager LIMIT 1) END AS truthManager
FROM (SELECT * FROM accounts WHERE +listing = ? AND n > ? ORDER BY n LIMIT ${PAGE}) a
LEFT JOIN accounts t ON t.listing = 0 AND t.id = a.joined ORDER BY a.n`

const MISSING = `
SELECT n, row FROM accounts t
WHERE +listing = 0 AND status = 'active'
  AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.listing = ? AND a.joined = t.id) AND n > ?
ORDER BY n LIMIT ${PAGE}`

interface JoinedRow {
  n: number
  row: string
  truth: string | null
  how: string | null
  manager: string | null
  truthManager: string | null
}

/** Every row of a query that goes on behind a number. */
async function* pages<Row extends { n: number }>(
  { all }: Pick<Database, 'all'>,
  sql: string,
  listing: number,
): AsyncGenerator<Row[]> {
  for (let after = 0; ; ) {
    const rows = await all<Row>(sql, [listing, after])
    if (rows.length > 0) yield rows
    const last = rows.at(-1)
    if (!last || rows.length < PAGE) return
    after = last.n
  }
}

/** `folder` is where the index is while it is needed; in memory without one. */
export async function openListings(folder: string | undefined): Promise<Listings> {
  const database = await openScratch(folder, SCHEMA)
  const { run, all } = database
  let count = 0
  return {
    async add(listing, accounts) {
      const numbered = accounts.map((account) => ({ account, n: ++count }))
      // A list that changes while it is read can show an account twice: the later row counts, and the keys of no other.
      await run(
        'INSERT OR REPLACE INTO accounts (n, listing, id, status, row, manager) VALUES (?, ?, ?, ?, ?, ?)',
        numbered.map(({ account, n }) => [
          n,
          listing,
          account.id,
          account.status,
          JSON.stringify(comparable(account)),
          account.manager === undefined ? null : fold(account.manager),
        ]),
      )
      await run(
        'INSERT INTO keys (listing, key, value, n) VALUES (?, ?, ?, ?)',
        numbered.flatMap(({ account, n }) => [
          ...keysOf(account).map(([key, value]) => [listing, key, value, n]),
          [listing, 'id', fold(account.id), n],
        ]),
      )
    },
    async join(listing) {
      for await (const rows of pages<{ n: number; id: string; row: string }>(database, ACCOUNTS, listing)) {
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
      for await (const rows of pages<{ n: number; row: string }>(database, MISSING, listing)) {
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
