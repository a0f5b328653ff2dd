// better-auth's SCIM plugin of the line 1.6, another implementation, on a database in memory. Prints where it listens,
// and `/store` shows the database.
import { createServer } from 'node:http'
import { scim } from '@better-auth/scim'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { toNodeHandler } from 'better-auth/node'
import { admin } from 'better-auth/plugins'

const token = 'a-token-of-better-auth'
const store = {}
const server = createServer().listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`
  const auth = betterAuth({
    baseURL: url,
    secret: 'a-secret-that-is-long-enough-for-better-auth-0123456789',
    database: memoryAdapter(store),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    // Without this plugin it refuses to deactivate anybody.
    plugins: [admin(), scim({ defaultSCIM: [{ providerId: 'foreign', scimToken: token }] })],
  })
  const { tables } = await auth.$context
  for (const table of Object.keys(tables)) store[table] ??= []
  const handle = toNodeHandler(auth)
  server.on('request', (request, response) =>
    request.url === '/store' ? response.end(JSON.stringify(store)) : handle(request, response),
  )
  const bearer = Buffer.from(`${token}:foreign`).toString('base64url')
  process.stdout.write(
    `${JSON.stringify({ url: `${url}/api/auth/scim/v2`, token: bearer, store: `${url}/store` })}\n`,
  )
})
