import { streamJournal } from '../../src/journal/redis-stream.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { redisStore } from '../../src/store/redis-store.ts'

// A process of its own that counts, claims and writes the journal on a Redis it shares with others, all at once, and
// prints what it read and which claims it won.
const [port = '', name = ''] = process.argv.slice(2)
const redis = openRedis({ host: '127.0.0.1', port: Number(port), tls: false, database: 0 })
const store = redisStore(redis)
const journal = streamJournal(redis)
const many = <Result>(count: number, work: (at: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)))

async function countOneByOne() {
  const read: number[] = []
  while (read.length < 100) {
    read.push(
      await store.update<number, number>('count', (count = 0) => ({ next: count + 1, result: count })),
    )
  }
  return read
}

const [read, claims] = await Promise.all([
  many(3, countOneByOne),
  many(50, (at) => store.claim(`claim/${at}`, 60_000)),
  many(60, (at) => journal.append({ event: 'done', call: `${name}-${at}`, tool: 'test', caller: name })),
])
process.stdout.write(
  JSON.stringify({ read: read.flat(), won: claims.flatMap((won, at) => (won ? [at] : [])) }),
)
await store.close()
