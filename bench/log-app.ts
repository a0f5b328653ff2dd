import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A long audit log over HTTP, in a process of its own: it has its pages ready, as far as an app can. */
const { events, latencyMs, everyMs } = JSON.parse(process.argv[2] ?? '{}') as {
  events: number
  /** How long the app takes for a page. */
  latencyMs: number
  /** How often there is a new event; every other one is a minute old when it is indexed. */
  everyMs: number
}
const MONTH_S = 30 * 86_400
const LATE_S = 60

interface Row {
  id: string
  at: number
  text: string
}

const rowOf = (id: string, at: number): Row => {
  const about = { data_type: 'user', data_values: [`person-${id}@example.com`] }
  const text = JSON.stringify({
    ...{ _id: id, timestamp: at, type: 'admin_audit_logs', user: 'grace@example.com' },
    ...{
      ur_normalized: 'grace@example.com',
      audit_log_event: 'Edit Admin',
      audit_category: 'Administrators',
    },
    ...{
      severity_level: 2,
      supporting_data: about,
      count: 1,
      insertion_epoch_timestamp: at + 7,
      ccl: 'unknown',
    },
  })
  return { id, at, text }
}
const nowS = () => Math.floor(Date.now() / 1_000)
const start = nowS() - MONTH_S
/** Oldest first. */
const rows = Array.from({ length: events }, (_, number) =>
  rowOf(`event-${number}`, start + Math.floor((number / events) * (MONTH_S - 2 * LATE_S))),
)

let arrived = 0
let pages = 0
const arriving = setInterval(() => {
  const at = nowS() - (arrived % 2 === 0 ? 0 : LATE_S)
  const row = rowOf(`new-${arrived}`, at)
  arrived += 1
  const behind = rows.findLastIndex((one) => one.at <= at)
  rows.splice(behind + 1, 0, row)
}, everyMs)

const server = createServer(async ({ url = '/' }, reply) => {
  const { searchParams: query } = new URL(url, 'http://localhost')
  const number = (name: string, fallback: number) => Number(query.get(name) ?? fallback)
  pages += 1
  await sleep(latencyMs)
  const last = rows.findLastIndex(({ at }) => at <= number('endtime', Number.MAX_SAFE_INTEGER))
  const to = last + 1 - number('offset', 0)
  const page = rows.slice(Math.max(0, to - number('limit', 100)), Math.max(0, to)).reverse()
  const since = number('starttime', 0)
  const texts = page.flatMap(({ at, text }) => (at >= since ? [text] : []))
  reply.setHeader('content-type', 'application/json').end(`{"ok":1,"result":[${texts.join(',')}]}`)
})

process.on('message', (what) => {
  if (what === 'pages') return process.send?.(pages)
  clearInterval(arriving)
  process.send?.(rows.map(({ id }) => id))
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
