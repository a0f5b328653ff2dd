import type { CannedReply } from '../canned.ts'
import { type DirectoryForm, GROUP, type Move, personIn, type Somebody } from './form.ts'

const SCHEMAS = ['urn:ietf:params:scim:schemas:core:2.0:User']
const ABSENT: CannedReply = { status: 404, body: {} }

interface Sent {
  userName: string
  active?: boolean
  displayName?: string
  name?: { givenName?: string; familyName?: string }
  emails?: { value: string }[]
}

interface Operation {
  op: Move['op']
  path: string
  value?: { value: string }[]
}

const movesIn = ({ op, path, value }: Operation): Move[] => {
  const [, id] = /value eq "(.*?)"/.exec(path) ?? []
  return id === undefined ? (value ?? []).map((one) => ({ op, id: one.value })) : [{ op, id }]
}

const list = (rows: readonly unknown[]): CannedReply => ({
  body: { totalResults: rows.length, Resources: rows },
})

export const scim: DirectoryForm = {
  idOf: (digit) => `u${digit}`,
  groupId: 'g1',
  idKey: 'id',
  taken: { status: 409, body: { scimType: 'uniqueness', detail: 'it is there' } },
  record: ({ id, userName, email, givenName, familyName, fullName, active }) => ({
    ...{ schemas: SCHEMAS, id, userName, active, displayName: fullName },
    ...((givenName ?? familyName) !== undefined && { name: { givenName, familyName } }),
    emails: [{ value: email }],
  }),
  created: (record) => ({ status: 201, body: record }),
  answer({ method, path, query, body }, directory) {
    const group = {
      ...{ id: scim.groupId, displayName: GROUP },
      members: directory.members().map((value) => ({ value })),
    }
    if (method === 'POST') return directory.create(asSomebody(body as Sent))
    if (method === 'PATCH') {
      const { Operations } = body as { Operations: Operation[] } // RFC 7644 §3.5.2
      return directory.move(Operations.flatMap(movesIn))
    }
    const people = directory.people()
    if (path === '/Users') {
      const clauses = [...(query.filter ?? '').matchAll(/([\w.]+) eq "(.*?)"/g)]
      const fits = (person: Somebody) =>
        clauses.length === 0 ||
        clauses.some(([, by = '', value = '']) => {
          const own = { userName: person.userName, 'emails.value': person.email, id: person.id }[by]
          return own?.toLowerCase() === value.toLowerCase()
        })
      return list(people.filter(fits).map(scim.record))
    }
    if (path === '/Groups') return list([group])
    if (path === `/Groups/${scim.groupId}`) return { body: group }
    const person = personIn(people, path.replace('/Users/', ''))
    return person && path === `/Users/${person.id}` ? { body: scim.record(person) } : ABSENT
  },
}

const asSomebody = ({ userName, active = true, displayName, name, emails }: Sent): Somebody => ({
  ...{ id: '', userName, email: emails?.[0]?.value ?? '', active },
  ...{ givenName: name?.givenName, familyName: name?.familyName, fullName: displayName },
})
