import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Account } from '../../../src/domain/account.ts'
import { accountsOf, changed, DIRECTORIES, type Directory } from './crowd.ts'

/** The directories of a crowd over SCIM, in a process of their own: lists only. */
const { people } = JSON.parse(process.argv[2] ?? '{}') as { people: number }

const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const rowOf = ({ id, userName, externalId, email, name, status, department, groups = [] }: Account): string =>
  JSON.stringify({
    schemas: [USER, ENTERPRISE],
    ...{ id, userName, externalId, displayName: name, active: status === 'active' },
    emails: [{ value: email, primary: true }],
    [ENTERPRISE]: { department },
    groups: groups.map((display) => ({ value: display.toLowerCase(), display })),
    meta: { resourceType: 'User' },
  })

const rows = new Map<string, string[]>()
const fill = (directory: Directory, accounts: readonly Account[]) => rows.set(directory, accounts.map(rowOf))
for (const directory of DIRECTORIES) fill(directory, accountsOf(directory, people))

let requests = 0
const server = createServer(({ url = '/' }, reply) => {
  const { pathname, searchParams: query } = new URL(url, 'http://localhost')
  const [, directory = '', collection] = pathname.split('/')
  const all = rows.get(directory)
  requests += 1
  reply.setHeader('content-type', 'application/scim+json')
  if (!all || collection !== 'Users') return reply.writeHead(404).end('{}')
  const from = Math.max(1, Number(query.get('startIndex') ?? 1))
  const page = all.slice(from - 1, from - 1 + Number(query.get('count') ?? 100))
  const head = `"schemas":["${LIST}"],"totalResults":${all.length},"startIndex":${from}`
  reply.end(`{${head},"itemsPerPage":${page.length},"Resources":[${page.join(',')}]}`)
})

process.on('message', (what) => {
  if (what === 'change') for (const one of DIRECTORIES) fill(one, changed(accountsOf(one, people)).accounts)
  process.send?.(requests)
  requests = 0
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
