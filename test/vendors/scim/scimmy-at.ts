import { randomUUID } from 'node:crypto'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import SCIMMY from 'scimmy'
import Routers from 'scimmy-routers'

interface Row extends Record<string, unknown> {
  id: string
  meta: { created: string; lastModified: string }
}

/** What the handlers of scimmy keep their rows in: it has one set of handlers for the whole process. */
const users = new Map<string, Row>()
const groups = new Map<string, Row>()

interface Asked {
  id?: string
  filter?: { match(rows: Row[]): Row[] }
}

const keepIn = (rows: Map<string, Row>, unique?: string) => ({
  ingress({ id = randomUUID() }: Asked, data: object): Row {
    const row = JSON.parse(JSON.stringify(data)) as Record<string, unknown> // a user or a group, checked by scimmy
    const twin = [...rows.values()].some((one) => unique && one.id !== id && one[unique] === row[unique])
    if (twin) throw new SCIMMY.Types.Error(409, 'uniqueness', 'taken')
    const now = new Date().toISOString()
    const kept = { ...row, id, meta: { created: rows.get(id)?.meta.created ?? now, lastModified: now } }
    rows.set(id, kept)
    return kept
  },
  egress({ id, filter }: Asked): Row | Row[] {
    if (id === undefined) return filter ? filter.match([...rows.values()]) : [...rows.values()]
    const row = rows.get(id)
    if (!row) throw new SCIMMY.Types.Error(404, '', 'no such resource')
    return row
  },
  degress({ id = '' }: Asked): void {
    if (!rows.delete(id)) throw new SCIMMY.Types.Error(404, '', 'no such resource')
  },
})

SCIMMY.Resources.declare(SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser), {
  ...keepIn(users, 'userName'),
} as never) // its types know the handlers of no extension
SCIMMY.Resources.declare(SCIMMY.Resources.Group, { ...keepIn(groups) } as never)

/** Serves scimmy, on the express that is given, with nobody in it. */
export async function serveScimmy(express: () => { use(path: string, router: unknown): void }) {
  users.clear()
  groups.clear()
  const app = express()
  app.use('/scim', new Routers({ type: 'bearer', handler: () => 'anybody' }))
  const server = createServer(app as unknown as RequestListener) // an express app is one
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}/scim`,
    users,
    addGroup(displayName: string, members: readonly string[] = []): string {
      const id = randomUUID()
      const now = new Date().toISOString()
      groups.set(id, {
        id,
        displayName,
        members: members.map((value) => ({ value })),
        meta: { created: now, lastModified: now },
      })
      return id
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
