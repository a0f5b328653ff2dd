import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseJsonc } from '../../src/config/jsonc.ts'
import { connect } from '../../test/support/clients.ts'
import { startProgram } from '../../test/support/program.ts'
import { PEOPLE, type ToolAnswer } from '../../test/support/world.ts'
import { type Call, type Check, readChecks } from './reads.ts'
import { isAbout, LiveRefused, type LiveTenant, type WriteAsk, writesTo } from './rules.ts'
import { writeChecks } from './writes.ts'

export interface LiveAsk extends WriteAsk {
  config: string
}

export interface LiveIo {
  env: NodeJS.ProcessEnv
  say: (line: string) => void
}

/** How a check ended. `skipped`: the app does not offer it. */
export interface Checked {
  what: string
  ended: 'ok' | 'skipped' | 'failed'
  why?: string
}

const SIGNS = { ok: '✓', skipped: '–', failed: '✗' }

/**
 * Tries a tenant through a server that has no other, and a journal of its own. Answers whether all went well. What it says
 * names nobody. Throws `LiveRefused` before anything is sent.
 */
export async function runLive(ask: LiveAsk, { env, say }: LiveIo): Promise<boolean> {
  const tenant = tenantIn(ask)
  const user = writesTo(ask, tenant)
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-live-'))
  const results: Checked[] = []
  const check: Check = async (what, run) => {
    const ended = await run().then(
      (why) => ({ ended: why === undefined ? ('ok' as const) : ('skipped' as const), why }),
      (error: Error) => ({ ended: 'failed' as const, why: error.message }),
    )
    results.push({ what, ended: ended.ended })
    say(`${SIGNS[ended.ended]} ${what}${ended.why ? `: ${ended.why}` : ''}`)
    return ended.ended !== 'failed'
  }
  try {
    const config = join(folder, 'identity-mcp.json')
    writeFileSync(
      config,
      JSON.stringify(settingsFor(ask.tenant, tenant, { folder, writes: user !== undefined })),
    )
    const server = startProgram(['--config', config, ...(user === undefined ? ['--read-only'] : [])], {
      env: Object.fromEntries(
        Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
      ),
    })
    let log = ''
    server.stderr.on('data', (piece) => {
      log += String(piece)
    })
    const person = (question: string) =>
      user !== undefined && isAbout(user, question) ? PEOPLE.accept(question) : PEOPLE.decline(question)
    const client = await Promise.race([
      connect('modern', server, 'live', { person }),
      server.ended.then(() => {
        throw new LiveRefused(`The server did not start: ${log.trim()}`)
      }),
    ])
    try {
      const call: Call = async (tool, args) =>
        JSON.parse((await client.callTool(tool, args)).content?.[0]?.text ?? 'null') as ToolAnswer
      await readChecks({ tenant: ask.tenant, call, check })
      if (user !== undefined) await writeChecks({ tenant: ask.tenant, user, call, check })
    } finally {
      await client.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const failed = results.filter(({ ended }) => ended === 'failed').length
  say(failed === 0 ? 'All well.' : `${failed} of ${results.length} failed.`)
  return failed === 0
}

function tenantIn({ config, tenant }: LiveAsk): LiveTenant {
  const { tenants = {} } = parseJsonc(readText(config)) as { tenants?: Record<string, LiveTenant> }
  const found = Object.hasOwn(tenants, tenant) ? tenants[tenant] : undefined
  if (!found)
    throw new LiveRefused(`The settings have no such tenant. They have: ${Object.keys(tenants).join(', ')}.`)
  return found
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new LiveRefused(`The settings ${file} cannot be read.`)
  }
}

/** Secrets stay references. Deletion is allowed, since only the account of this test is ever asked about. */
const settingsFor = (
  name: string,
  tenant: LiveTenant,
  { folder, writes }: { folder: string; writes: boolean },
) => ({
  tenants: { [name]: { ...tenant, ...(writes && { allowDelete: true }) } },
  dataDir: join(folder, 'data'),
  ...(writes && { confirm: { changes: 'ask', adds: 'ask', deletes: 'ask' } }),
})
