// Plain JavaScript: a worker thread loads this file as it is, from the source as from the build.
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import Database from 'libsql'

const EXPIRES = "json_extract(row, '$.expires')"
/** Most rows that are deleted in one go: others wait for them. */
const MAX_SWEPT = 1_000

/** The database that is open here, its operations, and the timer of its sweeps. */
let rows
let operations
let sweeping

function open({ file, durable, waitMs, sweepMs, schema }) {
  rows = new Database(file, { timeout: waitMs })
  // Unlike the write-ahead log, the rollback journal lets any number of processes open the folder at the same time.
  rows.exec('PRAGMA journal_mode = TRUNCATE')
  rows.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'OFF'}`)
  operations = schema === undefined ? rowsByKey(sweepMs) : statements(schema)
}

function close() {
  clearTimeout(sweeping)
  rows.close()
  // What is no longer held is collected, and with it the file.
  rows = operations = undefined
  parentPort.postMessage('closed')
}

/** The operations of a table of texts by key. */
function rowsByKey(sweepMs) {
  rows.exec('CREATE TABLE IF NOT EXISTS rows (key TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID')
  // Rows that never expire, which can be millions, are not in this index.
  rows.exec(`CREATE INDEX IF NOT EXISTS expiring ON rows (${EXPIRES}) WHERE ${EXPIRES} IS NOT NULL`)
  const expired = rows.prepare(
    `DELETE FROM rows WHERE key IN
       (SELECT key FROM rows WHERE ${EXPIRES} IS NOT NULL AND ${EXPIRES} <= ? LIMIT ${MAX_SWEPT})`,
  )
  sweep(expired, sweepMs)
  const get = rows.prepare('SELECT row FROM rows WHERE key = ?')
  const set = rows.prepare('INSERT OR REPLACE INTO rows (key, row) VALUES (?, ?)')
  const remove = rows.prepare('DELETE FROM rows WHERE key = ?')
  const list = rows.prepare('SELECT key, row FROM rows WHERE key >= ? AND key < ? ORDER BY key')
  const write = (key, row) => void (row === undefined ? remove.run(key) : set.run(key, row))
  return {
    read: (key) => get.get(key)?.row,
    write,
    swap(key, before, after) {
      const isSame = get.get(key)?.row === before
      if (isSame) write(key, after)
      return isSame
    },
    // Our keys have no character above U+FFFD, so this range is every key with the prefix.
    list: (prefix) => list.all(prefix, `${prefix}\ufffd`).map(({ key, row }) => [key, row]),
  }
}

/** The operations of a database with tables of its own: statements, each prepared once. */
function statements(schema) {
  rows.exec(schema)
  const prepared = new Map()
  const statement = (sql) => {
    const known = prepared.get(sql) ?? rows.prepare(sql)
    prepared.set(sql, known)
    return known
  }
  return {
    run(sql, list) {
      const one = statement(sql)
      for (const args of list) one.run(...args)
    },
    runAll(list) {
      for (const sql of list) statement(sql).run()
    },
    all: (sql, args) => statement(sql).all(...args),
  }
}

/** Does what arrived meanwhile in one transaction, which takes the write lock first: one flush of the disk for all. */
function run(batch) {
  const work = () => batch.map(({ id, operation, args }) => ({ id, result: operations[operation](...args) }))
  const onlyReads = batch.every(({ operation }) => ['read', 'list', 'all'].includes(operation))
  try {
    return onlyReads ? work() : rows.transaction(work).immediate()
  } catch ({ message, code }) {
    return batch.map(({ id }) => ({ id, failure: { message, code } }))
  }
}

/** Most expired rows are never read again, so they are deleted here: some now, the rest soon, and others later. */
function sweep(expired, sweepMs) {
  let swept = 0
  try {
    swept = expired.run(Date.now()).changes
  } catch {
    // Another process has the lock, and may be sweeping.
  }
  sweeping = setTimeout(sweep, swept === MAX_SWEPT ? 0 : sweepMs, expired, sweepMs).unref()
}

parentPort.on('message', (first) => {
  const batch = [first].flat()
  for (let next = receiveMessageOnPort(parentPort); next; next = receiveMessageOnPort(parentPort)) {
    batch.push(...[next.message].flat())
  }
  const opening = batch.find(({ file }) => file !== undefined)
  if (opening) open(opening)
  const asked = batch.filter(({ operation }) => operation !== undefined)
  if (asked.length > 0) parentPort.postMessage(run(asked))
  if (batch.includes('close')) close()
})
