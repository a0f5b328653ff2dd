// Tries a tenant of somebody who has one: npm run test:live -- --config FILE --tenant NAME [--write NAME --user ADDRESS]
import { parseArgs } from 'node:util'
import { LiveRefused } from './live/rules.ts'
import { type LiveAsk, runLive } from './live/run.ts'

const USAGE = `npm run test:live -- --config FILE --tenant NAME [--write NAME --user ADDRESS [--production HOST]]

  Reads, and tells what works, without a name or an address of anybody.

  --write       The name of the tenant again: makes, changes, deactivates and removes one account of its own there.
  --user        The address of that account. It must begin with identity-mcp-live-, and nobody may have it yet.
  --production  The host of the tenant, where its settings do not say that its environment is staging or development.
`

function readWords(): LiveAsk | undefined {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: { config: text, tenant: text, write: text, user: text, production: text },
  })
  const { config, tenant, ...writes } = values
  return config !== undefined && tenant !== undefined ? { config, tenant, ...writes } : undefined
}

try {
  const ask = readWords()
  if (!ask) throw new LiveRefused('Which settings, and which tenant?')
  const isWell = await runLive(ask, {
    env: process.env,
    say: (line) => void process.stdout.write(`${line}\n`),
  })
  process.exitCode = isWell ? 0 : 1
} catch (error) {
  if (!(error instanceof LiveRefused || (error instanceof TypeError && 'code' in error))) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}
