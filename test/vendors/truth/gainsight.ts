import fc from 'fast-check'
import { type CannedReply, type ReceivedRequest, serveCanned } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { simulated } from './claims.ts'
import { existing, type Person, peopleWith } from './people.ts'
import { anyTrouble, troubled } from './trouble.ts'

const habits = fc.record({
  /** How a search compares, if it does. */
  search: fc.constantFrom('honoured', 'honoured', 'honoured', 'exact case', 'ignored', 'refused', 'nobody'),
  or: fc.constantFrom('honoured', 'honoured', 'honoured', 'first', 'last'),
  total: fc.constantFrom('right', 'right', 'right', 'absent', 'zero'),
  /** The most rows of a page, whatever is asked for. */
  mostRows: fc.constantFrom(100, 100, 100, 2),
  behindTheEnd: fc.constantFrom('no data', 'empty', 'refused', 'not found'),
  hides: fc.constantFrom('nothing', 'nothing', 'nothing', 'status', 'email'),
  byId: fc.constantFrom('answers', 'answers', 'answers', 'gateway', 'forbidden'),
  pageSize: fc.constantFrom(1, 2, 3, 100),
  trouble: anyTrouble,
})
type Habits = typeof habits extends fc.Arbitrary<infer Value> ? Value : never

const usual: Habits = {
  search: 'honoured',
  or: 'honoured',
  total: 'right',
  mostRows: 100,
  behindTheEnd: 'empty',
  hides: 'nothing',
  byId: 'answers',
  pageSize: 100,
  trouble: undefined,
}

const lower = (text: unknown) => String(text).toLowerCase()
const NO_DATA: CannedReply = { status: 400, body: { result: false, errorCode: 'GSOBJ_1011' } }
const REFUSED: CannedReply = { status: 400, body: { result: false, errorCode: 'GSOBJ_1004' } }
const NOT_FOUND: CannedReply = {
  status: 404,
  body: { result: false, errorCode: 'GU_2403', errorDesc: 'User not found' },
}
const GATEWAY: CannedReply = { status: 404, raw: '<html>no such page</html>' }
const FORBIDDEN: CannedReply = { status: 403, body: { result: false, message: 'no' } }

const BEHIND_THE_END: Record<Habits['behindTheEnd'], CannedReply> = {
  'no data': NO_DATA,
  empty: { body: { result: true, data: [], totalCount: 0 } },
  refused: REFUSED,
  'not found': NOT_FOUND,
}

/** The rows of a page, with what the app says of how many there are. */
function page(found: readonly Person[], { from, size }: { from: number; size: number }, habits: Habits) {
  const rows = found.slice(from, from + size)
  const total = { right: found.length, absent: undefined, zero: 0 }[habits.total]
  return { rows, total }
}

const idOf = (index: number) => `1P01EXAMPLE00000${index}`

/** The API that can search. */
export const services = simulated<Habits>({
  name: 'gainsight (services)',
  usual,
  cases: fc.tuple(peopleWith(idOf), habits).map(([people, own]) => ({
    // One email for everybody, and no external id.
    people: people.map(({ externalId: _, ...person }, index) => ({
      ...person,
      index: 'as it is' as const,
      emails: [person.emails[0] ?? `mail${index}@example.net`],
    })),
    habits: own,
  })),
  async open({ people, habits }: { people: Person[]; habits: Habits }) {
    const rowOf = ({ id, userName, emails, active }: Person): Record<string, unknown> => ({
      Gsid: id,
      Name: 'Some Body',
      Email: habits.hides === 'email' ? null : emails[0],
      SFDCUserName: userName,
      IsActiveUser: habits.hides === 'status' ? null : active,
    })
    const whole = (person: Person) => ({
      ...rowOf(person),
      Email: person.emails[0],
      SFDCUserName: person.userName,
      IsActiveUser: person.active,
    })
    type Condition = { name: string; alias: string; value: unknown[] }
    const fits = (person: Person, { name, value: [wanted] }: Condition) => {
      const held: unknown = (whole(person) as Record<string, unknown>)[name]
      return habits.search === 'exact case' && name !== 'Gsid'
        ? held === wanted
        : lower(held) === lower(wanted)
    }
    const search = ({ conditions, expression }: { conditions: Condition[]; expression: string }) => {
      if (habits.search === 'refused') return undefined
      if (habits.search === 'ignored') return people
      if (habits.search === 'nobody') return []
      const parts = expression.split(' AND ').map((part) => {
        const aliases = part.match(/\w+/g)?.filter((word) => word !== 'OR') ?? []
        const read =
          habits.or === 'honoured' ? aliases : habits.or === 'first' ? aliases.slice(0, 1) : aliases.slice(-1)
        return conditions.filter(({ alias }) => read.includes(alias))
      })
      return people.filter((person) => parts.every((part) => part.some((one) => fits(person, one))))
    }
    const answer = ({ path, body }: ReceivedRequest): CannedReply => {
      if (path !== '/v1/users/services/list') return GATEWAY
      const asked = body as { limit: number; page: number; where?: Parameters<typeof search>[0] }
      const found = asked.where ? search(asked.where) : people
      if (!found) return REFUSED
      const size = Math.min(asked.limit, habits.mostRows)
      const { rows, total } = page(found, { from: asked.page * size, size }, habits)
      if (rows.length === 0) return asked.page > 0 ? BEHIND_THE_END[habits.behindTheEnd] : NO_DATA
      const told = total !== undefined && { totalRecords: total }
      return { body: { result: true, data: { records: rows.map(rowOf), ...told } } }
    }
    return openedAt(answer, people, habits, 'services')
  },
})

/** The API that cannot search. */
export const users = simulated<Habits>({
  name: 'gainsight (users)',
  usual,
  cases: fc.tuple(peopleWith(idOf), habits).map(([people, own]) => ({
    // The email is the user name.
    people: existing(people).map((person) => ({
      ...person,
      index: 'as it is' as const,
      emails: [person.userName],
    })),
    habits: { ...own, hides: own.hides === 'status' ? own.hides : ('nothing' as const) },
  })),
  async open({ people, habits }: { people: Person[]; habits: Habits }) {
    const rowOf = ({ id, userName, externalId, active }: Person) => ({
      userId: id,
      email: userName,
      name: 'Some Body',
      externalId: externalId ?? null,
      ...(habits.hides !== 'status' && { isActive: active }),
    })
    const list = ({ query }: ReceivedRequest): CannedReply => {
      const wanted = habits.search === 'ignored' ? undefined : query.isActive
      if (wanted !== undefined && habits.search === 'refused') return REFUSED
      const isNobody = wanted !== undefined && habits.search === 'nobody'
      const found = isNobody
        ? []
        : people.filter(({ active }) => wanted === undefined || String(active) === wanted)
      const size = Math.min(Number(query.pageSize), habits.mostRows)
      const number = Number(query.page) - 1
      const { rows, total } = page(found, { from: number * size, size }, habits)
      if (rows.length === 0 && number > 0) return BEHIND_THE_END[habits.behindTheEnd]
      return {
        body: { result: true, data: rows.map(rowOf), ...(total !== undefined && { totalCount: total }) },
      }
    }
    const one = (id: string): CannedReply => {
      if (habits.byId !== 'answers') return habits.byId === 'gateway' ? GATEWAY : FORBIDDEN
      const found = people.find((person) => person.id === id)
      return found ? { body: { result: true, data: rowOf(found) } } : NOT_FOUND
    }
    const answer = (asked: ReceivedRequest): CannedReply => {
      if (asked.path === '/v1/users') return list(asked)
      return asked.path.startsWith('/v1/users/') ? one(decodeURIComponent(asked.path.slice(10))) : GATEWAY
    }
    return openedAt(answer, people, habits, 'users')
  },
})

async function openedAt(
  answer: (asked: ReceivedRequest) => CannedReply,
  people: readonly Person[],
  { pageSize, trouble }: Habits,
  restDialect: 'services' | 'users',
) {
  const app = await serveCanned(troubled(answer, trouble))
  const operations = vendorAt('gainsight', app.url, {
    tokens: { accessKey: 'access-key' },
    restDialect,
    pageSize,
  })
  return {
    operations,
    people,
    isBehind: () => false,
    listsFromIndex: false,
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}
