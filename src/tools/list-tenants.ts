import * as z from 'zod'
import { LEFT_OUT_NOTE } from '../engine/left-out-tenant.ts'
import { caveatsIn } from '../engine/tenants.ts'
import { defineTool } from '../engine/tool.ts'

export default defineTool({
  name: 'list_tenants',
  title: 'List tenants',
  description:
    'Which apps are connected, under which tenant names, and which tools work on each. Call it first.',
  needs: [],
  effect: 'reads',
  input: () => z.strictObject({}),
  output: () =>
    z.object({
      tenants: z.array(
        z.object({
          tenant: z.string(),
          vendor: z.string(),
          title: z.string(),
          can: z.array(z.string()),
          readOnly: z.boolean(),
          caveats: z.array(z.string()).optional(),
          note: z.string().optional(),
        }),
      ),
    }),

  async run(_, { ask, can }) {
    return {
      tenants: ask.tenants.all.map((tenant) => ({
        tenant: tenant.name,
        vendor: tenant.vendor.name,
        title: tenant.title,
        can: tenant.isLeftOut ? [] : can(tenant),
        readOnly: ask.tenants.readOnly(tenant),
        ...(tenant.facts.caveats && { caveats: caveatsIn(tenant) }),
        ...(tenant.isLeftOut && { note: LEFT_OUT_NOTE }),
        ...(tenant.settings.dryRun && { note: 'Dry run: changes are planned and confirmed, but not sent.' }),
      })),
    }
  },
})
