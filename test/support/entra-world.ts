import type { EntraOptions } from '../../src/sandbox/entra.ts'
import type { SandboxApp } from '../../src/sandbox/index.ts'
import { openWorld, type WorldOptions } from './world.ts'

interface EntraWorldOptions extends Omit<WorldOptions, 'sandbox' | 'tenants' | 'tenant'> {
  entra?: EntraOptions
  /** Override the settings of the tenant `acme-entra`. */
  tenant?: Record<string, unknown>
  /** The simulated apps beside it. */
  also?: readonly Exclude<SandboxApp, 'entra'>[]
}

/** A real server, a real MCP client, and a simulated directory of Entra ID, with other apps beside it. */
export async function openEntra({ entra, tenant, also = [], ...options }: EntraWorldOptions = {}) {
  const world = await openWorld({
    ...options,
    sandbox: { apps: ['entra', ...also], entra },
    tenants: (own) => ({ ...own, 'acme-entra': { ...own['acme-entra'], verifyWindowMs: 2_000, ...tenant } }),
  })
  return Object.assign(world, { entra: world.sandbox.tenants['acme-entra'] })
}

export type EntraWorld = Awaited<ReturnType<typeof openEntra>>
