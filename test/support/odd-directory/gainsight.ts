import type { CannedReply } from '../canned.ts'
import { type DirectoryForm, personIn, type Somebody } from './form.ts'

const NOT_FOUND: CannedReply = { status: 404, body: { result: false, errorCode: 'GU_2403' } }
const NO_DATA: CannedReply = { status: 400, body: { result: false, errorCode: 'GSOBJ_1011' } }
const TAKEN: CannedReply = {
  status: 400,
  body: { result: false, errorCode: 'GU_2411', errorDesc: 'Duplicate record' },
}
const idOf = (digit: number) => `1P01EXAMPLE00000${digit}`
const COMMON = { idOf, groupId: 'none', taken: TAKEN }

interface Condition {
  name: string
  value: [string]
}

/** The API that can search. */
export const services: DirectoryForm = {
  ...COMMON,
  idKey: 'Gsid',
  record: ({ id, userName, email, givenName, familyName, fullName, active }) => ({
    ...{ Gsid: id, Email: email, SFDCUserName: userName, IsActiveUser: active },
    ...{ FirstName: givenName, LastName: familyName, Name: fullName },
  }),
  created: (record) => ({ body: { result: true, data: { records: [record] } } }),
  answer({ path, body }, directory) {
    if (!path.endsWith('/list')) {
      const [sent] = (body as { records: [Record<string, string>] }).records
      const { Email: email = '', SFDCUserName: userName = email, FirstName, LastName } = sent
      const names = { givenName: FirstName, familyName: LastName }
      return directory.create({ id: '', userName, email, ...names, active: true })
    }
    const { where } = body as { where?: { conditions: Condition[] } }
    const fits = (person: Somebody) =>
      where === undefined ||
      where.conditions.some(
        ({ name, value: [wanted] }) =>
          String(services.record(person)[name]).toLowerCase() === String(wanted).toLowerCase(),
      )
    const records = directory.people().filter(fits).map(services.record)
    if (records.length === 0) return NO_DATA
    return { body: { result: true, data: { records, totalRecords: records.length } } }
  },
}

/** The API that cannot search. */
export const users: DirectoryForm = {
  ...COMMON,
  idKey: 'userId',
  isOneAddress: true,
  needs: { role: 'Viewer' },
  record: ({ id, email, givenName, familyName, fullName, active }) => ({
    ...{ userId: id, email, isActive: active, role: 'Viewer' },
    ...{ firstName: givenName, lastName: familyName, name: fullName },
  }),
  created: (record) => ({ body: { result: true, data: record } }),
  answer({ method, path, body }, directory) {
    if (method === 'POST') {
      const {
        email = '',
        firstName,
        lastName,
        isActive = true,
      } = body as Record<string, string> & {
        isActive?: boolean
      }
      const names = { givenName: firstName, familyName: lastName }
      return directory.create({ id: '', userName: email, email, ...names, active: isActive })
    }
    const people = directory.people()
    if (path === '/v1/users') {
      return { body: { result: true, data: people.map(users.record), totalCount: people.length } }
    }
    const person = personIn(people, path.replace('/v1/users/', ''))
    return person ? { body: { result: true, data: users.record(person) } } : NOT_FOUND
  },
}
