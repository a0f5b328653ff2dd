// The minimal stdio server: one tool, on the same SDK.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import * as z from 'zod'

const input = z.object({ user: z.string() })

serveStdio(() => {
  const server = new McpServer({ name: 'one-tool', version: '1.0.0' })
  server.registerTool('find_user', { description: 'Finds a user.', inputSchema: input }, ({ user }) => ({
    content: [{ type: 'text', text: user }],
  }))
  return server
})
