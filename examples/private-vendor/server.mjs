// A server with a vendor, a tool and a guard of its own, over stdio.
import { createIdentityServer, defineTool, Refused, z } from 'identity-mcp-server'
import { portal } from './portal.mjs'

/** Says when the help desk is there. */
const helpdeskHours = defineTool({
  name: 'helpdesk_hours',
  title: 'Hours of the help desk',
  description: 'When somebody of the help desk can be reached. Say it where an approval is needed.',
  needs: [],
  local: true,
  effect: 'reads',
  input: () => z.strictObject({}),
  output: () => z.object({ hours: z.string() }),
  run: async () => ({ hours: process.env.HELPDESK_HOURS ?? 'Monday to Friday, 8 to 18' }),
})

/** Refuses changes while they are frozen for an audit. */
async function auditFreeze(call, next) {
  if (process.env.AUDIT_FREEZE && call.tool.effect !== 'reads')
    throw new Refused('Changes are frozen for the audit.', 'Ask the auditors when they go on.')
  return next(call)
}

const server = await createIdentityServer(
  {
    tenants: {
      'acme-portal': {
        vendor: 'portal',
        url: process.env.PORTAL_URL,
        tokens: { portal: 'env:PORTAL_TOKEN' },
      },
    },
    dataDir: process.env.PORTAL_DATA,
  },
  { vendors: [portal], tools: [helpdeskHours], guards: [auditFreeze] },
)
await server.serve()
await server.close()
