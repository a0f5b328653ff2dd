import type { CannedReply } from '../canned.ts'
import { type DirectoryForm, GROUP, inside, namedIn, personIn } from './form.ts'

const ABSENT: CannedReply = { status: 404, body: { errorCode: 'E0000007' } }

export const okta: DirectoryForm = {
  idOf: (digit) => `00uperson${digit}`,
  groupId: '00gsales',
  idKey: 'id',
  taken: {
    status: 400,
    body: {
      errorCode: 'E0000001',
      errorCauses: [
        { errorSummary: 'login: An object with this field already exists in the current organization' },
      ],
    },
  },
  record: ({ id, userName, email, givenName, familyName, fullName, active }) => ({
    id,
    status: active ? 'ACTIVE' : 'SUSPENDED',
    profile: {
      ...{ login: userName, email, secondEmail: null },
      ...{ firstName: givenName, lastName: familyName, displayName: fullName },
    },
  }),
  created: (record) => ({ body: record }),
  answer({ method, path, query, headers, body }, directory) {
    const rest = path.replace('/api/v1/', '')
    const [, id = ''] = /^groups\/[^/]+\/users\/([^/]+)$/.exec(rest) ?? []
    if (id !== '') return directory.move([{ op: method === 'PUT' ? 'add' : 'remove', id }])
    if (method === 'POST') {
      const { login, email, firstName, lastName } = (body as { profile: Record<string, string> }).profile
      const names = { givenName: firstName, familyName: lastName }
      return directory.create({ id: '', userName: login ?? '', email: email ?? '', ...names, active: true })
    }
    const list = (rows: readonly unknown[]): CannedReply => ({
      headers: { link: `<http://${headers.host}${path}>; rel="self"` },
      body: rows,
    })
    const people = directory.people()
    const group = { id: okta.groupId, type: 'OKTA_GROUP', profile: { name: GROUP } }
    if (rest === 'users') {
      const search = query.search ?? query.filter
      return list((search?.includes('profile.') ? namedIn(people, search) : people).map(okta.record))
    }
    if (rest === 'groups') return list([group])
    if (rest === `groups/${okta.groupId}`) return { body: group }
    if (rest === `groups/${okta.groupId}/users`) return list(inside(directory).map(okta.record))
    if (rest.split('/').length > 2 || rest === 'groups/rules') return list([])
    const person = rest.startsWith('users/') ? personIn(people, rest.slice('users/'.length)) : undefined
    return person ? { body: okta.record(person) } : ABSENT
  },
}
