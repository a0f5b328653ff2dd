import type { Tenant, Tenants } from './tenants.ts'
import type { Tool } from './tool.ts'

/** Which of these tools work on a tenant. Each tool is looked up once for all tenants, and not before it is asked. */
export function canDo(
  tools: readonly Pick<Tool, 'name' | 'needs' | 'effect'>[],
  seen: Pick<Tenants, 'serving'>,
): (tenant: Tenant) => string[] {
  let serving: { name: string; at: ReadonlySet<Tenant> }[] | undefined
  return (tenant) => {
    serving ??= tools.map((tool) => ({ name: tool.name, at: new Set(seen.serving(tool)) }))
    return serving.flatMap(({ name, at }) => (at.has(tenant) ? [name] : []))
  }
}
