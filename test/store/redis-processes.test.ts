import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { streamJournal } from '../../src/journal/redis-stream.ts'
import { openRedis } from '../../src/store/redis-connection.ts'
import { bundled } from '../support/bundled.ts'
import { startRedis } from '../support/redis.ts'
import { withRedis } from '../support/with-redis.ts'

async function share(script: string, port: number, name: string) {
  const child = spawn(process.execPath, [script, String(port), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  for await (const piece of child.stdout) told += String(piece)
  return JSON.parse(told) as { read: number[]; won: number[] }
}

withRedis('four processes on one Redis', () => {
  test('count exactly, win each claim once, and write one whole journal', async () => {
    await using redis = await startRedis()
    const script = await bundled({ file: join(import.meta.dirname, 'share-redis.ts') })
    const told = await Promise.all(
      ['one', 'two', 'three', 'four'].map((name) => share(script, redis.port, name)),
    )
    const read = told.flatMap((one) => one.read).sort((a, b) => a - b)
    expect(read).toEqual(Array.from({ length: 1_200 }, (_, count) => count))
    const won = told.flatMap((one) => one.won).sort((a, b) => a - b)
    expect(won).toEqual(Array.from({ length: 50 }, (_, at) => at))
    const connection = openRedis(redis.address)
    const journal = streamJournal(connection)
    expect(await journal.verify()).toEqual({ ok: true, lines: 240 })
    const calls = new Set<string>()
    for await (const { call } of journal.read()) calls.add(call)
    expect(calls.size).toBe(240)
    await connection.close()
  })
})
