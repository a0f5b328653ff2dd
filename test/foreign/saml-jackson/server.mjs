// The directory sync of SAML Jackson (Ory Polis) on its store in memory. Prints where it listens; `/store` shows what the
// store itself has.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import jackson from '@boxyhq/saml-jackson'

const server = createServer().listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`
  const { directorySyncController: sync } = await jackson.controllers({
    externalUrl: url,
    samlPath: '/saml',
    scimPath: '/scim',
    samlAudience: 'https://example.com',
    db: { engine: 'mem' },
    noAnalytics: true,
    logger: { info() {}, warn() {}, error() {} },
  })
  const { data: directory } = await sync.directories.create({
    name: 'foreign',
    tenant: 'acme',
    product: 'app',
    type: 'generic-scim-v2',
  })
  const { path, secret } = directory.scim

  async function stored() {
    sync.users.setTenantAndProduct('acme', 'app')
    sync.groups.setTenantAndProduct('acme', 'app')
    const { data: users } = await sync.users.getAll({ directoryId: directory.id })
    const { data: groups } = await sync.groups.getAll({ directoryId: directory.id })
    const members = groups.map(async (group) => {
      const { data } = await sync.groups.getGroupMembers({ groupId: group.id })
      return { ...group, members: data }
    })
    return { users, groups: await Promise.all(members) }
  }

  server.on('request', async (request, response) => {
    if (request.url === '/store') return response.end(JSON.stringify(await stored()))
    const { pathname, searchParams } = new URL(request.url, url)
    const [resourceType, resourceId] = pathname.slice(path.length + 1).split('/')
    const number = (name) => (searchParams.has(name) ? Number(searchParams.get(name)) : undefined)
    const body = await text(request)
    const { status, data } = await sync.requests.handle({
      method: request.method,
      directoryId: directory.id,
      resourceType,
      resourceId,
      apiSecret: request.headers.authorization?.replace('Bearer ', '') ?? null,
      body: body ? JSON.parse(body) : undefined,
      query: {
        count: number('count'),
        startIndex: number('startIndex'),
        filter: searchParams.get('filter') ?? undefined,
      },
    })
    response.writeHead(status, { 'content-type': 'application/scim+json' }).end(JSON.stringify(data))
  })
  process.stdout.write(`${JSON.stringify({ url: url + path, token: secret, store: `${url}/store` })}\n`)
})
