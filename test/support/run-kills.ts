import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from '../../src/sandbox/people.ts'
import { PASSPHRASE } from './approvers.ts'
import { openWorld } from './world.ts'

/** What became of a run whose servers were killed. */
export interface KillReport {
  killed: number
  state: string
  counts: Record<string, number>
  /** Rows of the report that do not say what the app shows. */
  wrongRows: number
  /** Accounts of leavers that are still active. */
  forgotten: number
  /** Accounts that were written to more than once. */
  twice: number
  /** Accounts of others that were written to. */
  others: number
  /** Exit code of `journal verify`. */
  journal: number | null
}

interface Answer {
  status?: string
  state: string
  runId: string
  plan: { accounts: number }
  counts: Record<string, number>
  rows: { person: string; tenant: string; outcome: string }[]
  approval?: { id: string }
  nextCursor?: string
}

/** What apps are asked with when nothing but the work itself takes time. */
const PLENTY = { perSecond: 10_000, perMinute: 600_000, perHour: 36_000_000, perDay: 864_000_000 }

/** How long a call may take: a client does not hear of the death of its server. */
const CALL_MS = 8_000

/** The share of the kills that hit the planning; each of them begins it anew. */
const IN_PLANNING = 0.1
const LOOK_MS = 50
/** How often the run is asked for: each answer counts all of its rows. */
const ASK_MS = 500

/** Counts the writes at an app: each time it goes on behind what had arrived the last time. */
function writesAt({ arrivals }: { arrivals: readonly { method: string }[] }): () => number {
  let [seen, count] = [0, 0]
  return () => {
    for (; seen < arrivals.length; seen++) if (arrivals[seen]?.method !== 'GET') count++
    return count
  }
}

/**
 * Offboards people from two apps, while their servers are killed: a tenth of the times while the run is planned, and the
 * others when a random number of the accounts has been written to.
 */
export async function killRun({
  people,
  kills,
  seed,
  instances = 1,
  redis,
  everyMs = 1_500,
}: {
  people: number
  kills: number
  seed: number
  instances?: number
  /** Address of a Redis; on disk without it. */
  redis?: string
  everyMs?: number
}): Promise<KillReport> {
  const random = seeded(seed)
  await using world = await openWorld({
    ownProcess: true,
    answer: 'none',
    tenants: (own) =>
      Object.fromEntries(Object.entries(own).map(([name, tenant]) => [name, { ...tenant, budget: PLENTY }])),
    sandbox: { apps: ['netskope', 'scim'], perMinute: 1_000_000 },
    settings: {
      limits: { runs: { people, failures: 10 * people, failureShare: 1 } },
      ...(redis !== undefined && { store: 'env:REDIS_URL' }),
    },
    ...(redis !== undefined && { env: { REDIS_URL: redis } }),
  })
  await world.run(['approvers', 'add', 'linus', '--passphrase-stdin'], { stdin: PASSPHRASE })
  const apps = { 'acme-netskope': world.netskope, 'acme-scim': world.sandbox.tenants['acme-scim'] }
  const names = Array.from({ length: people }, (_, at) => `leaver-${at}@example.com`)
  const accounts = new Map<string, { active?: boolean }>()
  for (const [tenant, app] of Object.entries(apps)) {
    for (const userName of names) accounts.set(`${tenant} ${userName}`, app.addUser({ userName }))
  }

  const servers: Pick<typeof world, 'call' | 'client'>[] = [world]
  while (servers.length < instances) servers.push(await world.open())
  /** One call to a server that may be killed meanwhile: undefined then, and for an error. */
  const tryCall = async (tool: string, args: object): Promise<Answer | undefined> => {
    const server = servers[Math.floor(random() * servers.length)] ?? world
    const answered = (server.call(tool, args) as Promise<unknown>).catch(() => undefined)
    const answer = (await Promise.race([answered, sleep(CALL_MS)])) as
      | (Answer & { error?: object })
      | undefined
    return answer?.error ? undefined : answer
  }
  let killed = 0
  let over = false
  const counts = Object.values(apps).map(writesAt)
  const written = () => counts.reduce((sum, count) => sum + count(), 0)
  const points = Array.from({ length: Math.ceil(kills * (1 - IN_PLANNING)) }, random).sort((a, b) => a - b)
  const isDue = () => written() >= (points[0] ?? 1) * accounts.size
  const killing = (async () => {
    while (killed < kills && !over) {
      const isPlanning = killed < kills - points.length
      if (isPlanning) await sleep(everyMs * (0.1 + random()))
      else {
        while (!over && !isDue()) await sleep(LOOK_MS)
        points.shift()
        await sleep(LOOK_MS * random())
      }
      if (over) return
      const which = Math.floor(random() * servers.length)
      process.kill(servers[which]?.client.pid as number, 'SIGKILL')
      killed += 1
      servers[which] = await world.open()
    }
  })()
  const args = { people: names, tenants: Object.keys(apps), reason: 'the company was sold' }
  const until = async (tool: string, input: object, is: (answer: Answer) => boolean): Promise<Answer> => {
    for (;;) {
      const answer = await tryCall(tool, input)
      if (answer && is(answer)) return answer
      await sleep(ASK_MS)
    }
  }
  try {
    const first = await until('offboard', args, ({ status }) => status === 'approval_required')
    const id = first.approval?.id ?? ''
    const agree = ['--approver', 'linus', '--confirm', String(first.plan.accounts), '--passphrase-stdin']
    await world.run(['approvals', 'approve', id, ...agree], { stdin: `${PASSPHRASE}\n` })
    const { runId } = first
    // A server that was killed has perhaps used the approval up: the run has begun then.
    const look = () => tryCall('get_run', { runId, limit: 1 })
    while (!/running|finished|paused/.test((await look())?.state ?? '')) {
      await tryCall('offboard', { ...args, approvalId: id })
      // A server that was killed refuses at once, and the next one could not start.
      await sleep(ASK_MS)
    }
    const ended = await until('get_run', { runId, limit: 1 }, ({ state }) =>
      /finished|paused|cancelled/.test(state),
    )
    over = true
    await killing
    let wrongRows = 0
    for (let cursor: string | undefined; ; ) {
      const page = await until('get_run', { runId, limit: 200, ...(cursor && { cursor }) }, () => true)
      for (const { person, tenant, outcome } of page.rows) {
        if ((outcome === 'done') !== (accounts.get(`${tenant} ${person}`)?.active === false)) wrongRows += 1
      }
      cursor = page.nextCursor
      if (cursor === undefined) break
    }
    const writes = Object.values(apps).flatMap((app) =>
      app.writes.filter(({ status = 200 }) => status < 400).map(({ path }) => `${app.url} ${path}`),
    )
    const perAccount = new Map<string, number>()
    for (const path of writes) perAccount.set(path, (perAccount.get(path) ?? 0) + 1)
    return {
      killed,
      state: ended.state,
      counts: ended.counts,
      wrongRows,
      forgotten: names.flatMap((name) => Object.values(apps).filter((app) => app.user(name).active !== false))
        .length,
      twice: [...perAccount.values()].filter((times) => times > 1).length,
      others: Math.max(0, perAccount.size - accounts.size),
      journal: (await world.run(['journal', 'verify'])).code,
    }
  } finally {
    over = true
    await killing.catch(() => undefined)
  }
}
