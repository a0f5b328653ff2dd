import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startSandbox } from '../src/sandbox/index.ts'
import { temporaryFolder } from '../test/support/folder.ts'
import { MAIN } from '../test/support/main.ts'
import { atMost, type BenchRow, median, ms, type Part, times } from './rows.ts'
import { answerOf, startServer } from './servers.ts'

const ROUNDS = 7
const FASTEST_MS = 50
const STEP_MS = 10

export const manyTenants: Part = async () => ({
  title: 'A person looked up in many tenants',
  how:
    `find_user over stdio. The tenants answer after ${FASTEST_MS} ms, ${FASTEST_MS + STEP_MS} ms and so on. The median of ` +
    `${ROUNDS} calls is compared with the slowest tenant and with the sum of all.`,
  rows: [...(await rowsFor(3)), ...(await rowsFor(30))],
})

async function rowsFor(count: number): Promise<BenchRow[]> {
  const delays = Array.from({ length: count }, (_, at) => FASTEST_MS + at * STEP_MS)
  const apps = await Promise.all(
    delays.map((delay) => startSandbox({ apps: ['netskope'], faults: [{ fault: 'slow', ms: delay }] })),
  )
  using folder = temporaryFolder()
  const config = join(folder.path, 'identity-mcp.json')
  const tenants = apps.map(({ url, tokens }, at) => {
    writeFileSync(join(folder.path, `token-${at}`), tokens.scim ?? '')
    return [
      `tenant-${at}`,
      { vendor: 'netskope', url, tokens: { scim: `file:${join(folder.path, `token-${at}`)}` } },
    ]
  })
  writeFileSync(
    config,
    JSON.stringify({ tenants: Object.fromEntries(tenants), dataDir: join(folder.path, 'data') }),
  )
  const env = { PATH: process.env.PATH ?? '', HOME: folder.path }
  const client = await startServer({
    main: MAIN,
    args: ['--config', config],
    env,
  })
  const spent: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    const { complete } = await answerOf<{ complete: boolean }>(client, 'find_user', {
      user: 'ada@example.com',
    })
    if (!complete) throw new Error('a tenant was not searched')
    spent.push(performance.now() - from)
  }
  await client.close()
  await Promise.all(apps.map((app) => app.close()))
  const slowest = Math.max(...delays)
  const sum = delays.reduce((all, delay) => all + delay, 0)
  return [
    atMost(`${count} tenants: the call, relative to the slowest tenant`, median(spent) / slowest, 1.5, times),
    {
      what: `${count} tenants: the call, the slowest, the sum`,
      figure: `${ms(median(spent))}, ${ms(slowest)}, ${ms(sum)}`,
    },
  ]
}
