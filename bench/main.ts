import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import build from '../test/support/build.ts'
import { redisInstalled } from '../test/support/redis.ts'
import { comparePart } from './compare.ts'
import { exportPart } from './export.ts'
import { greedy } from './greedy.ts'
import { growth } from './growth.ts'
import { http } from './http.ts'
import { instances } from './instances.ts'
import { interactive } from './interactive.ts'
import { kills } from './kills.ts'
import { listSize } from './list-size.ts'
import { longLife } from './long-life.ts'
import { losses } from './losses.ts'
import { manyTenants } from './many-tenants.ts'
import { overhead } from './overhead.ts'
import { processes } from './processes.ts'
import { processor } from './processor.ts'
import { type Measured, machine, toMarkdown, toText } from './report.ts'
import { requests } from './requests.ts'
import type { Part } from './rows.ts'
import { saturation } from './saturation.ts'
import { scan } from './scan.ts'
import { snapshotPart } from './snapshot.ts'
import { start } from './start.ts'
import { twoServers } from './two-servers.ts'

// The parts that other load on the machine would distort run first.
const PARTS: Record<string, Part> = {
  overhead,
  start,
  'list-size': listSize,
  requests,
  http,
  greedy,
  'many-tenants': manyTenants,
  processor,
  processes,
  scan,
  compare: comparePart,
  snapshot: snapshotPart,
  growth,
  saturation,
  'two-servers': twoServers,
  instances,
  interactive,
  losses,
  'long-life': longLife,
  export: exportPart,
  kills,
}
const NEED_REDIS = ['processes', 'instances', 'losses', 'kills']
/** They take long, so only when they are asked for. */
const BY_NAME_ONLY = ['long-life', 'export', 'kills']
const PAGE = join(import.meta.dirname, '../docs/benchmarks.md')

const USAGE = `npm run bench -- [--only PART,PART] [--seconds N] [--as-built] [--write]

  --only     ${Object.keys(PARTS).join(', ')}
  --seconds  how long to saturate the app; default 150
  --as-built measure the existing dist/ instead of building it first
  --write    update these parts in docs/benchmarks.md; a full run does so by itself
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string' },
    'as-built': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const names =
  values.only?.split(',') ??
  Object.keys(PARTS).filter(
    (name) => !BY_NAME_ONLY.includes(name) && (!NEED_REDIS.includes(name) || redisInstalled()),
  )
const seconds = Number(values.seconds ?? 150)
const say = (text: string) => void process.stdout.write(`${text}\n`)

if (values.help || !(seconds > 0) || names.some((name) => !Object.hasOwn(PARTS, name))) {
  say(USAGE)
  process.exit(values.help ? 0 : 2)
}

if (!values['as-built']) build()
const sections: Measured[] = []
for (const [name, part] of Object.entries(PARTS)) {
  if (!names.includes(name)) continue
  const where = machine()
  const section = { ...(await part({ seconds })), where }
  sections.push(section)
  say(`${toText(section)}\n  ${where}`)
}

const missed = sections.flatMap(({ rows }) => rows).filter(({ met }) => met === false)
say(missed.length === 0 ? 'All goals met.' : `Missed: ${missed.map(({ what }) => what).join('; ')}.`)
const full = values.only === undefined && values.seconds === undefined
if (full || values.write) writeFileSync(PAGE, toMarkdown(sections, readFileSync(PAGE, 'utf8')))
