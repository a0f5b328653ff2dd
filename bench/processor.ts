import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSandbox } from '../src/sandbox/index.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { MAIN } from '../test/support/main.ts'
import { atMost, median, ms, type Part } from './rows.ts'
import { answerOf, startServer } from './servers.ts'

const APPS = 60
const UNLIMITED = 10_000_000
const CALLS = 20
const WARM_UP_CALLS = 40
const ROUNDS = 5

export const processor: Part = async () => {
  const apps = await Promise.all(
    Array.from({ length: APPS }, () => startSandbox({ apps: ['netskope'], perMinute: UNLIMITED })),
  )
  using folder = temporaryFolder()
  const config = join(folder.path, 'identity-mcp.json')
  const tenants = apps.map(({ url, tokens }, at) => {
    writeFileSync(join(folder.path, `token-${at}`), tokens.scim ?? '')
    const budget = { perMinute: UNLIMITED }
    return [
      `tenant-${at}`,
      { vendor: 'netskope', url, budget, tokens: { scim: `file:${join(folder.path, `token-${at}`)}` } },
    ]
  })
  writeFileSync(
    config,
    JSON.stringify({ tenants: Object.fromEntries(tenants), dataDir: join(folder.path, 'data') }),
  )
  const before = new Set(childrenOf(process.pid))
  const client = await startServer({
    main: MAIN,
    args: ['--config', config],
    env: { PATH: process.env.PATH ?? '', HOME: folder.path },
  })
  const [server = 0] = childrenOf(process.pid).filter((pid) => !before.has(pid))
  const call = async () => {
    const { searched } = await answerOf<{ searched: { outcome: string }[] }>(client, 'find_user', {
      user: 'ada@example.com',
    })
    if (searched.some(({ outcome }) => outcome !== 'found')) throw new Error('a tenant was not searched')
  }
  for (let at = 0; at < WARM_UP_CALLS; at += 1) await call()
  const spent: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = processorMs(server)
    for (let at = 0; at < CALLS; at += 1) await call()
    spent.push((processorMs(server) - from) / CALLS / APPS)
  }
  await client.close()
  await Promise.all(apps.map((app) => app.close()))
  return {
    title: `What find_user costs at ${APPS} apps`,
    how:
      `find_user over stdio, ${APPS} apps with tokens of their own that answer at once: the processor time of the server by ` +
      `/proc, all its threads, relative to the apps; the median of ${ROUNDS} times ${CALLS} calls, after ${WARM_UP_CALLS} for warm-up.`,
    rows: [
      atMost('Processor time per app', median(spent), 1, ms),
      { what: 'The least and the most', figure: `${ms(Math.min(...spent))}, ${ms(Math.max(...spent))}` },
    ],
  }
}

/** Milliseconds of processor time that a process has used, by the clock of Linux, which counts hundredths of a second. */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
