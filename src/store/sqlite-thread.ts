import { Worker } from 'node:worker_threads'
import { explainMissingBuild } from './sqlite.ts'
import type { Table } from './table.ts'

/** Set by the build, which puts the worker elsewhere. */
declare const SQLITE_WORKER: string | undefined

type Operation = 'read' | 'write' | 'swap' | 'list' | 'run' | 'runAll' | 'all'
type Answer = { id: number; result?: unknown; failure?: { message: string; code: string } }

interface ThreadOptions {
  file: string
  durable: boolean
  /** How long a statement waits for the locks of other processes, milliseconds. */
  waitMs: number
}

/** A value in a row of a database. */
type SqlValue = string | number | null

/** A database with the tables of these statements, in a thread of its own. */
export interface Database {
  /** Runs a statement with each of these rows of values, in one transaction. */
  run(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<void>
  /** Runs statements without values, all of them in one transaction or none. */
  runAll(statements: readonly string[]): Promise<void>
  /** Every row that a query finds; the caller knows their form. */
  all<Row>(sql: string, values: readonly SqlValue[]): Promise<Row[]>
  close(): Promise<void>
}

export function sqliteDatabase(options: ThreadOptions & { schema: string }): Database {
  const { ask, close } = openThread(options, () => {})
  return {
    run: async (sql, rows) => void (await ask('run', sql, rows)),
    runAll: async (statements) => void (await ask('runAll', statements)),
    all: <Row>(sql: string, values: readonly SqlValue[]) => ask('all', sql, values) as Promise<Row[]>,
    close,
  }
}

/** One table of texts by key, whose expired rows are deleted every `sweepMs` milliseconds. */
export function sqliteThread(options: ThreadOptions & { sweepMs: number }, lost: () => void): Table {
  const { ask, close } = openThread(options, lost)
  return {
    // What the worker answers, as it declares it.
    read: (key) => ask('read', key) as Promise<string | undefined>,
    write: async (key, row) => void (await ask('write', key, row)),
    swap: (key, before, after) => ask('swap', key, before, after) as Promise<boolean>,
    list: (prefix) => ask('list', prefix) as Promise<[key: string, row: string][]>,
    close,
  }
}

/** Threads whose database was closed, for the next one: to start a thread costs more than most calls. */
const idle: Worker[] = []

function startWorker(): Worker {
  const place = typeof SQLITE_WORKER === 'undefined' ? './sqlite-worker.mjs' : SQLITE_WORKER
  const worker = new Worker(new URL(place, import.meta.url), { execArgv: [] })
  worker.on('exit', () => {
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
  })
  return worker
}

/**
 * A database in a thread of its own: nothing in this thread waits for its locks, reads and flushes. An answer comes after
 * the commit. `lost` is called when the thread has ended by itself.
 */
function openThread(options: ThreadOptions, lost: () => void) {
  const worker = idle.pop() ?? startWorker()
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: unknown) => void }>()
  let asked = 0
  let failure: unknown
  let closing = false
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })

  const hear = (answers: Answer[] | 'closed') => {
    if (answers === 'closed') {
      leave(new Error('the database is closed'))
      idle.push(worker)
      worker.unref()
      return
    }
    for (const { id, result, failure } of answers) {
      const one = waiting.get(id)
      waiting.delete(id)
      if (failure) one?.reject(Object.assign(new Error(failure.message), { code: failure.code }))
      else one?.resolve(result)
    }
    // Only what is under way keeps the process alive.
    if (waiting.size === 0 && !closing) worker.unref()
  }
  const fail = (error: unknown) => {
    failure = explainMissingBuild(error)
  }
  const exit = () => {
    leave(new Error('the thread of the database has ended'))
    if (!closing) lost()
  }
  const leave = (error: Error) => {
    worker.off('message', hear).off('error', fail).off('exit', exit)
    failure ??= error
    for (const { reject } of waiting.values()) reject(failure)
    waiting.clear()
    end()
  }
  worker.on('message', hear).on('error', fail).on('exit', exit)
  worker.postMessage(options)

  /** What is asked in one go reaches the thread in one message: each costs as much as a statement. */
  const outgoing: { id: number; operation: Operation; args: unknown[] }[] = []
  const send = () => {
    if (outgoing.length > 0) worker.postMessage(outgoing.splice(0))
  }
  const ask = (operation: Operation, ...args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      if (failure !== undefined) return reject(failure)
      asked += 1
      if (waiting.size === 0) worker.ref()
      waiting.set(asked, { resolve, reject })
      if (outgoing.push({ id: asked, operation, args }) === 1) queueMicrotask(send)
    })

  return {
    ask,
    async close() {
      if (!closing && failure === undefined) {
        closing = true
        worker.ref()
        send()
        worker.postMessage('close')
      }
      await ended
    },
  }
}
