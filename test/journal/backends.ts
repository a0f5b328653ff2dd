import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe } from 'vitest'
import { fileJournal, journalFile } from '../../src/journal/file.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { journalKeys } from '../../src/journal/redis-segments.ts'
import { streamJournal } from '../../src/journal/redis-stream.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'
import { type Chain, dataFolder, place } from './chain.ts'

const [STREAM, HEAD] = journalKeys('identity-mcp:')

/** A place for one journal, in one of the forms that a journal has. */
export interface Desk extends AsyncDisposable {
  /** The journal, as another process would open it. */
  open(): Journal
  /** Puts a journal in place as though the server had written it. */
  place(chain: Chain): Promise<void>
  /** Puts other lines there, behind the server's back. */
  spoil(texts: readonly string[]): Promise<void>
}

/** Describes what holds in every form. */
export function inEveryForm(body: (desk: () => Promise<Desk>) => void): void {
  describe('in a file', () => body(fileDesk))
  withRedis('in a stream', () => {
    let redis: RedisServer
    beforeAll(async () => {
      redis = await startRedis()
    })
    afterAll(() => redis[Symbol.asyncDispose]())
    body(() => streamDesk(redis))
  })
}

async function fileDesk(): Promise<Desk> {
  const data = await dataFolder()
  const store = memoryStore()
  return {
    open: () => fileJournal(data.folder, store),
    place: (chain) => place(data.folder, chain),
    spoil: (texts) => writeFile(journalFile(data.folder), texts.join('')),
    [Symbol.asyncDispose]: () => data[Symbol.asyncDispose](),
  }
}

export async function streamDesk(redis: RedisServer): Promise<Desk> {
  const raw = redis.raw()
  await raw.flushall()
  const connections: ReturnType<typeof openRedis>[] = []
  const spoil = async (texts: readonly string[]) => {
    const filling = raw.pipeline().del(STREAM)
    for (const [at, text] of texts.entries())
      filling.xadd(STREAM, `${at + 1}-0`, 'line', text.replace(/\n$/, ''))
    await filling.exec()
  }
  return {
    open() {
      const connection = openRedis(redis.address)
      connections.push(connection)
      return streamJournal(connection)
    },
    async place({ texts, head: { seq, hash } }) {
      await spoil(texts)
      await raw.hset(HEAD, { seq, hash })
    },
    spoil,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) await connection.close()
    },
  }
}
