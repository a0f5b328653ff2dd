import type { CannedReply } from '../canned.ts'
import { type DirectoryForm, GROUP, inside, namedIn, personIn, type Somebody } from './form.ts'

const ABSENT: CannedReply = { status: 404, body: { error: { code: 'Request_ResourceNotFound' } } }
const TOKEN: CannedReply = {
  body: { access_token: 'e30.e30.c2ln', expires_in: 3599, token_type: 'Bearer' },
}
const list = (value: readonly unknown[]): CannedReply => ({ body: { value } })

export const entra: DirectoryForm = {
  idOf: (digit) => `aaaaaaaa-1111-4222-8333-bbbbbbbbbbb${digit}`,
  groupId: 'cccccccc-1111-4222-8333-bbbbbbbbbbbb',
  idKey: 'id',
  taken: {
    status: 400,
    body: {
      error: {
        code: 'Request_BadRequest',
        message: 'Another object with the same value for property userPrincipalName already exists.',
      },
    },
  },
  record: ({ id, userName, email, givenName, familyName, fullName, active }) => ({
    ...{ id, userPrincipalName: userName, accountEnabled: active, userType: 'Member' },
    // There is no mailbox yet.
    mail: email === userName ? null : email,
    ...{ givenName: givenName ?? null, surname: familyName ?? null, displayName: fullName ?? null },
  }),
  created: (record) => ({ status: 201, body: record }),
  answer({ method, path, query, body }, directory) {
    if (path.endsWith('/token')) return TOKEN
    const rest = path.replace('/v1.0/', '')
    const [, id = ''] = /^groups\/[^/]+\/members\/([^/]+)\/\$ref$/.exec(rest) ?? []
    if (id !== '' && method === 'DELETE') return directory.move([{ op: 'remove', id }])
    if (method === 'POST' && rest.endsWith('/members/$ref')) {
      const { '@odata.id': link } = body as { '@odata.id': string }
      return directory.move([{ op: 'add', id: link.split('/').at(-1) ?? '' }])
    }
    if (method === 'POST' && rest === 'users') {
      const sent = body as Record<string, string> & { accountEnabled: boolean }
      const { userPrincipalName: userName = '', givenName, surname: familyName, displayName: fullName } = sent
      const names = { givenName, familyName, fullName }
      return directory.create({ id: '', userName, email: userName, ...names, active: sent.accountEnabled })
    }
    const people = directory.people()
    const group = { id: entra.groupId, displayName: GROUP, groupTypes: [], mailEnabled: false }
    if (rest === 'users' && query.$search !== undefined) {
      return list(people.filter((one) => isSearched(one, query.$search ?? '')).map(entra.record))
    }
    if (rest === 'users') {
      return list((query.$filter ? namedIn(people, query.$filter) : people).map(entra.record))
    }
    if (rest === 'groups') return list([group])
    if (rest === `groups/${entra.groupId}`) return { body: group }
    if (rest === `groups/${entra.groupId}/members`) return list(inside(directory).map(entra.record))
    if (rest === 'organization') return list([{ id: '1', verifiedDomains: [{ name: 'x.example' }] }])
    if (!/^users\/[^/]+$/.test(rest)) return list([])
    const person = personIn(people, rest.slice('users/'.length))
    return person ? { body: entra.record(person) } : ABSENT
  },
}

/** Graph compares the beginnings of words (learn.microsoft.com/graph/search-query-parameter). */
function isSearched({ userName, givenName = '', familyName = '', fullName = '' }: Somebody, search: string) {
  const words = [userName, givenName, familyName, fullName].flatMap((text) =>
    text.toLowerCase().split(/[ .@]/),
  )
  return search.split(' AND ').every((part) => {
    const wanted = [...part.matchAll(/:(.*?)"/g)].map(([, word = '']) => word)
    return wanted.some((word) => words.some((one) => one.startsWith(word)))
  })
}
