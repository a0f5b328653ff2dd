import * as z from 'zod'
import { LEFT_OUT_NOTE } from '../engine/left-out-tenant.ts'
import { caveatsIn } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'
import { fits, isMany } from './fit.ts'

export default defineTool({
  name: 'list_tenants',
  title: 'List tenants',
  description: 'Connected apps, the names of their tenants, and which tools work on each. Call it first.',
  needs: [],
  local: true,
  effect: 'reads',
  input: () => z.strictObject({}),
  output: () =>
    z.object({
      tenants: z.array(
        z.object({
          tenant: z.string(),
          vendor: z.string(),
          title: z.string().optional(),
          can: z.array(z.string()).optional(),
          readOnly: z.boolean(),
          caveats: z.array(z.string()).optional(),
          note: z.string().optional(),
          /** Of many tenants: the one before that can do the same. What is not said here is as said of that one. */
          like: z.string().optional(),
        }),
      ),
      note: z.string().optional(),
    }),

  async run(_, { ask, can }) {
    const tenants = ask.tenants.all.map((tenant) => ({
      tenant: tenant.name,
      vendor: tenant.vendor.name,
      title: tenant.title,
      can: tenant.isLeftOut ? [] : can(tenant),
      readOnly: ask.tenants.readOnly(tenant),
      ...(tenant.facts.caveats && { caveats: caveatsIn(tenant) }),
      ...(tenant.isLeftOut && { note: LEFT_OUT_NOTE }),
      ...(tenant.settings.dryRun && { note: 'Dry run: changes are planned and confirmed, but not sent.' }),
    }))
    if (!isMany(tenants)) return { tenants }
    const all = { tenants: saidOnce(tenants), note: LIKE }
    if (fits(all)) return all
    const bare = tenants.map(({ caveats: _, ...tenant }) => tenant)
    return { tenants: saidOnce(bare), note: `${LIKE} ${NO_CAVEATS}` }
  },
})

interface TenantRow {
  tenant: string
  vendor: string
  title: string
  can: string[]
  readOnly: boolean
  caveats?: string[]
  note?: string
}

const LIKE = 'What a tenant with `like` does not say here is as with the tenant named there.'
const NO_CAVEATS =
  'The caveats of each app stand in the plan of a change, and in the resource identity://vendors/{vendor}.'

/** What tenants can do is long, and is the same for most of them: it is said of the first, and the others name that one. */
function saidOnce(
  tenants: readonly TenantRow[],
): (Omit<TenantRow, 'title' | 'can'> & { title?: string; can?: string[]; like?: string })[] {
  const firsts = new Map<string, TenantRow>()
  return tenants.map((tenant) => {
    const { title, can, caveats, note, ...rest } = tenant
    const same = JSON.stringify([can, caveats, note])
    const first = firsts.get(same)
    if (!first) {
      firsts.set(same, tenant)
      return tenant
    }
    return { ...rest, ...(title !== first.title && { title }), like: first.tenant }
  })
}
