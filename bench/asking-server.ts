// The minimal server that does what find_user does: one tool on the same SDK that makes the same request with bare undici.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { Agent, request } from 'undici'
import * as z from 'zod'

const { ASK_URL = '', ASK_TOKEN = '' } = process.env
const headers = { 'netskope-api-token': ASK_TOKEN, accept: 'application/scim+json' }
const dispatcher = new Agent()
const input = z.object({ user: z.string() })
const output = z.object({ totalResults: z.number(), Resources: z.array(z.looseObject({ id: z.string() })) })

serveStdio(() => {
  const server = new McpServer({ name: 'one-tool', version: '1.0.0' })
  server.registerTool(
    'find_user',
    { description: 'Finds a user.', inputSchema: input, outputSchema: output },
    async () => {
      const { body } = await request(ASK_URL, { headers, dispatcher })
      const found = output.parse(await body.json())
      return { content: [{ type: 'text', text: JSON.stringify(found) }], structuredContent: found }
    },
  )
  return server
})
