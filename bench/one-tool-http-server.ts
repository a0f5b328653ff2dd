// The minimal server over HTTP: one tool, on the same SDK. Prints its address on standard output.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { serveFetch } from '../src/http/fetch-adapter.ts'

const input = z.object({})

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'one-tool', version: '1.0.0' })
  server.registerTool('list_tenants', { description: 'Lists nothing.', inputSchema: input }, () => ({
    content: [{ type: 'text', text: '{"tenants":[]}' }],
  }))
  return server
})
const server = createServer(async (request, response) => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer) // no encoding is set
  const parsedBody: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'))
  await serveFetch(request, response, (asked) => handler.fetch(asked, { parsedBody }))
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp\n`)
})
