import { readFileSync } from 'node:fs'
import type { Io } from '../../app/io.ts'
import { parseJsonc } from '../../config/jsonc.ts'
import { SettingsError } from '../../config/problems.ts'
import { parseSettings } from '../../config/settings.ts'
import { openTenants } from '../../engine/tenants.ts'
import { storeLedger } from '../../limits/ledger.ts'
import { sentencesTo } from '../../log.ts'
import { memoryStore } from '../../store/table-store.ts'
import { vendors } from '../../vendors/index.ts'
import { checkTenant, showTenant, type TenantCheck } from '../check.ts'
import { type Draft, withValue } from './draft.ts'

/** Asks the app of a draft, by reads alone, what works, and prints that. Nothing is written. */
export async function tryDraft(io: Io, file: string, name: string, draft: Draft): Promise<boolean> {
  const variable = (slot: string) => `IDENTITY_MCP_INIT_${slot}`
  const secrets = Object.entries(draft.secrets)
  const tenant = secrets.reduce(
    (tenant, [slot]) => withValue(tenant, `tokens.${slot}`, `env:${variable(slot)}`),
    draft.tenant,
  )
  const env = { ...io.env, ...Object.fromEntries(secrets.map(([slot, value]) => [variable(slot), value])) }
  const check = await attempt({ ...networkIn(file), tenants: { [name]: tenant } }, { io, env, name })
  showTenant(io, check)
  return check.ok
}

async function attempt(
  raw: unknown,
  { io, env, name }: { io: Io; env: Io['env']; name: string },
): Promise<TenantCheck> {
  try {
    const store = memoryStore()
    const settings = parseSettings(raw, vendors, env, 'the answers')
    const tenants = openTenants(settings, vendors, {
      ledger: storeLedger(store),
      store,
      log: sentencesTo(io.stderr),
    })
    return await checkTenant(tenants.get(name))
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return { tenant: name, vendor: '', ok: false, tokens: [], problem: error.message }
  }
}

/** How the file says to reach the network, which a try needs too. */
function networkIn(file: string): object {
  try {
    const { proxy, ca } = parseJsonc(readFileSync(file, 'utf8')) as { proxy?: unknown; ca?: unknown }
    return { ...(proxy !== undefined && { proxy }), ...(ca !== undefined && { ca }) }
  } catch {
    return {}
  }
}
