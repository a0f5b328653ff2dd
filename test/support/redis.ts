import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { RedisAddress } from '../../src/config/store.ts'

/** Whether redis-server is installed. Throws if it is not and a full run requires it. */
export function redisInstalled(): boolean {
  const installed = spawnSync('redis-server', ['--version']).status === 0
  if (!installed && process.env.IDENTITY_MCP_FULL === '1') throw new Error('redis-server is not installed')
  return installed
}

/** A port without a listener. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export type RedisServer = Awaited<ReturnType<typeof startRedis>>

/** Starts a real redis-server, without persistence unless `args` turn it on, with ways to break it. */
export async function startRedis(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'))
  const port = await freePort()
  let child: ChildProcess | undefined
  let raw: Redis | undefined

  async function start() {
    const all = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ]
    const started = spawn('redis-server', [...all, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    child = started
    let said = ''
    for await (const piece of started.stdout) {
      said += String(piece)
      if (said.includes('Ready to accept connections')) break
    }
    if (!said.includes('Ready to accept')) throw new Error(`redis-server did not start: ${said}`)
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL') {
    raw?.disconnect()
    raw = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await gone
  }

  await start()
  return {
    port,
    folder,
    url: `redis://127.0.0.1:${port}`,
    address: { host: '127.0.0.1', port, tls: false, database: 0 } satisfies RedisAddress,
    /** A plain connection, to inspect it and to send commands that our own connection never sends. */
    raw: () => {
      raw ??= new Redis({ port, host: '127.0.0.1' })
      return raw
    },
    start,
    kill,
    async restart() {
      await kill()
      await start()
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
