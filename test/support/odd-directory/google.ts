import fixtures from '../../fixtures/google.json' with { type: 'json' }
import type { CannedReply } from '../canned.ts'
import { type DirectoryForm, GROUP, inside, namedIn, personIn, type Somebody } from './form.ts'

const DIRECTORY = '/admin/directory/v1/'
const list = (key: string, rows: readonly unknown[]): CannedReply => ({
  body: { kind: `admin#directory#${key}`, ...(rows.length > 0 && { [key]: rows }) },
})

export const google: DirectoryForm = {
  idOf: (digit) => `11421119969500281624${digit}`,
  groupId: '01mrcu091tcbmkb',
  idKey: 'id',
  isOneAddress: true,
  taken: {
    status: 409,
    body: { error: { code: 409, message: 'Entity already exists.', errors: [{ reason: 'duplicate' }] } },
  },
  record: ({ id, userName, givenName, familyName, fullName, active }) => ({
    ...{ kind: 'admin#directory#user', id, primaryEmail: userName },
    name: { givenName, familyName, fullName },
    ...{ suspended: !active, archived: false, isAdmin: false, isDelegatedAdmin: false },
  }),
  created: (record) => ({ body: record }),
  answer({ method, path, query, body }, directory) {
    if (path === '/token') return fixtures.token
    const rest = path.replace(DIRECTORY, '')
    const [, id = ''] = /^groups\/[^/]+\/members\/([^/]+)$/.exec(rest) ?? []
    if (id !== '' && method === 'DELETE') return directory.move([{ op: 'remove', id }])
    if (method === 'POST' && rest.endsWith('/members')) {
      return directory.move([{ op: 'add', id: (body as { id: string }).id }])
    }
    if (method === 'POST') {
      const {
        primaryEmail,
        name,
        suspended = false,
      } = body as {
        primaryEmail: string
        name: { givenName: string; familyName: string }
        suspended?: boolean
      }
      const address = { userName: primaryEmail, email: primaryEmail }
      return directory.create({ id: '', ...address, ...name, active: !suspended })
    }
    const people = directory.people()
    const group = { id: google.groupId, name: GROUP, email: 'sales@x.example' }
    const [, called] = /^name:'?(.*?)'?$/.exec(query.query ?? '') ?? []
    if (rest === 'users' && called !== undefined) {
      const bears = ({ givenName, familyName }: Somebody) => `${givenName} ${familyName}` === called
      return list('users', people.filter(bears).map(google.record))
    }
    if (rest === 'users') {
      return list('users', (query.query ? namedIn(people, query.query) : people).map(google.record))
    }
    if (rest === 'groups') return list('groups', query.userKey === undefined ? [group] : [])
    if (rest === `groups/${google.groupId}`) return { body: group }
    if (rest === `groups/${google.groupId}/members`) {
      const member = ({ id, userName }: { id: string; userName: string }) => ({
        ...{ id, email: userName, role: 'MEMBER', type: 'USER' },
      })
      return list('members', inside(directory).map(member))
    }
    if (rest.endsWith('/domains')) return list('domains', [{ domainName: 'x.example', verified: true }])
    if (!/^users\/[^/]+$/.test(rest))
      return rest.startsWith('groups/') ? fixtures.refusals.notFound : list('items', [])
    const person = personIn(people, rest.slice('users/'.length))
    return person ? { body: google.record(person) } : fixtures.refusals.notFound
  },
}
