import { describe, expect, test } from 'vitest'
import type { ListPosition, Match } from '../../../src/domain/operations.ts'
import { context } from '../../support/canned.ts'
import { formOf } from '../../support/odd-directory/start.ts'
import type { AppUnderTest } from './claims.ts'
import { directoryAt } from './directory-at.ts'
import { entra } from './entra.ts'
import { services, users } from './gainsight.ts'
import { google } from './google.ts'
import { okta } from './okta.ts'
import type { Person } from './people.ts'

const ana = (id: string, more: Partial<Person> = {}): Person => ({
  id,
  userName: 'ana@example.com',
  emails: ['ana.mail@example.com'],
  externalId: 'E1',
  active: true,
  index: 'as it is',
  ...more,
})

type Served = AppUnderTest & AsyncDisposable
type Case = [title: string, app: () => Promise<Served>, name: string, expected: object]

const found = (...ids: string[]) => ({ accounts: ids.map((id) => ({ id })) })
const NOBODY = { accounts: [] }
const NO_EVIDENCE = { code: 'bad_reply' }

async function lookUp(app: () => Promise<Served>, user: string): Promise<unknown> {
  await using served = await app()
  return await served.operations.findAccounts({ user }, context()).catch((error: unknown) => error)
}

const OKTA = '00u1'
const atOkta = (more: Partial<Person> = {}, odd: Parameters<typeof okta.serve>[1] = {}) => {
  return () => okta.serve([ana(OKTA, more)], odd)
}
const ENTRA = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbb1'
const atEntra = (more: Partial<Person> = {}, odd: Parameters<typeof entra.serve>[1] = {}) => {
  return () => entra.serve([ana(ENTRA, more)], odd)
}
const GOOGLE = '114211199695002816241'
const atGoogle = (more: Partial<Person> = {}, odd: Parameters<typeof google.serve>[1] = {}) => {
  return () => google.serve([ana(GOOGLE, { emails: ['ana@example.com'], ...more })], odd)
}
const GSID = '1P01EXAMPLE000001'
const MAIL = 'ana.mail@example.com'
const JOSE = 'jos\u00e9@example.com'

describe('what a search found', () => {
  const inactive = { accounts: [{ id: OKTA, status: 'inactive' }] }
  test.each<Case>([
    [
      'is as the record is, not as the index has it',
      atOkta({ active: false, index: 'old status' }),
      MAIL,
      inactive,
    ],
    [
      'is nobody, where the index has an old name',
      atOkta({ index: 'old names' }),
      `old.${OKTA}@example.com`,
      NOBODY,
    ],
    [
      'is no evidence, where the index has somebody who is gone',
      atOkta({ index: 'gone' }),
      MAIL,
      NO_EVIDENCE,
    ],
    ['is no evidence at Entra ID either', atEntra({ index: 'gone' }), MAIL, NO_EVIDENCE],
    ['is no evidence, where the email is hidden', atOkta({}, { hides: 'email' }), MAIL, NO_EVIDENCE],
    [
      'is no evidence, where the external id is hidden',
      atOkta({}, { hides: 'externalId' }),
      'E1',
      NO_EVIDENCE,
    ],
    [
      'is no evidence, where the aliases are hidden',
      atEntra({ emails: ['x@example.com', MAIL] }, { hides: 'proxyAddresses' }),
      MAIL,
      NO_EVIDENCE,
    ],
    [
      'is no evidence, where Google hides the alias that is the key',
      atGoogle({ emails: ['ana@example.com', MAIL] }, { hides: 'aliases' }),
      MAIL,
      NO_EVIDENCE,
    ],
  ])('%s', async (_, app, name, expected) => {
    expect(await lookUp(app, name)).toMatchObject(expected)
  })
})

describe('a name is found', () => {
  const accented = { userName: JOSE.normalize('NFD'), emails: [JOSE.normalize('NFD')] }
  test.each<Case>([
    ['at Okta in the other form of its accent', atOkta(accented), JOSE, found(OKTA)],
    ['at Entra ID in the other form of its accent', atEntra(accented), JOSE, found(ENTRA)],
    ['at Google in the other form of its accent', atGoogle(accented), JOSE, found(GOOGLE)],
    ['with a blank before it', atEntra(), ' ana@example.com', found(ENTRA)],
    ['as external id, where Okta refuses a longer search', atOkta({}, { maxTerms: 3 }), 'E1', found(OKTA)],
    ['as an id of another kind at Google', atGoogle({}, { idType: 'custom' }), 'E1', found(GOOGLE)],
  ])('%s', async (_, app, name, expected) => {
    expect(await lookUp(app, name)).toMatchObject(expected)
  })
})

describe('of whom Google answers 403', () => {
  const away = 'bo@example.org'
  test.each<Case>([
    ['an id is not absent', atGoogle({}, { byKey: 'forbidden' }), GOOGLE, { code: 'forbidden' }],
    [
      'an address of another domain of the Workspace is not absent',
      atGoogle({}, { byKey: 'away', domains: 'both' }),
      away,
      { code: 'forbidden' },
    ],
    ['an address of a domain that it does not have is absent', atGoogle(), away, NOBODY],
    [
      'an address is not absent, where the domains may not be read',
      atGoogle({}, { domains: 'forbidden' }),
      away,
      { code: 'forbidden' },
    ],
  ])('%s', async (_, app, name, expected) => {
    expect(await lookUp(app, name)).toMatchObject(expected)
  })
})

describe('Gainsight', () => {
  const people = ['1', '2', '3'].map((one) =>
    ana(`1P01EXAMPLE00000${one}`, { userName: `Ana${one}@example.com`, emails: [`mail${one}@example.com`] }),
  )
  const last = ana('1P01EXAMPLE000004', { userName: 'last@example.com', emails: ['mail4@example.com'] })
  test.each<Case>([
    [
      'finds nobody by an email that its list hides',
      () => services.serve(people, { hides: 'email' }),
      'mail1@example.com',
      NO_EVIDENCE,
    ],
    [
      'finds by its list where a search compares letter case',
      () => services.serve(people, { search: 'exact case' }),
      'ana1@example.com',
      found(GSID),
    ],
    [
      'finds by its list where a search reads one condition',
      () => services.serve(people, { or: 'last' }),
      'ana1@example.com',
      found(GSID),
    ],
    [
      'finds whom its own test of the search leaves no room for',
      () => services.serve([...people, last], { pageSize: 3, total: 'absent' }),
      'last@example.com',
      found('1P01EXAMPLE000004'),
    ],
    [
      'finds everybody where pages are short and not counted',
      () => users.serve(people, { mostRows: 2, total: 'absent' }),
      'ana3@example.com',
      found('1P01EXAMPLE000003'),
    ],
  ])('%s', async (_, app, name, expected) => {
    expect(await lookUp(app, name)).toMatchObject(expected)
  })

  test.each([
    ['a search that finds nobody at all', () => services.serve(people, { search: 'nobody' })],
    ['a search that finds anybody', () => services.serve(people, { search: 'ignored' })],
    [
      'an answer without a record',
      () => users.serve(people, { trouble: { at: 0, kind: 'an empty object' } }),
    ],
  ])('does not call an account gone by %s', async (_, serve) => {
    await using app = await serve()
    const reading = app.operations.readAccount({ id: '1P01EXAMPLE000003' }, context())
    await expect(reading).rejects.toMatchObject({ code: 'bad_reply' })
  })
})

test.each([
  ['the roles of a user', 'not found', undefined],
  ['the roles of a user', 'answers', false],
] as const)('%s, for which Okta answers "%s", make no administrator: %s', async (_, roles, admin) => {
  await using app = await okta.serve([ana(OKTA)], { roles })
  expect((await app.operations.readAccount({ id: OKTA }, context()))?.admin).toBe(admin)
})

test.each([
  ['nothing', 'okta', () => okta.serve([ana(OKTA)], { trouble: { at: 0, kind: 'nothing' } })],
  ['an empty object', 'okta', () => okta.serve([ana(OKTA)], { trouble: { at: 0, kind: 'an empty object' } })],
  [
    'an empty list',
    'google',
    () => google.serve([ana(GOOGLE)], { trouble: { at: 0, kind: 'an empty list' } }),
  ],
] as const)('%s in place of a record of %s is no evidence that it is gone', async (_, __, serve) => {
  await using app = await serve()
  const reading = app.operations.readAccount({ id: app.people[0]?.id ?? '' }, context())
  await expect(reading).rejects.toMatchObject({ code: 'bad_reply' })
})

test('a full page of Okta without links is no whole list', async () => {
  await using app = await okta.serve(
    ['1', '2', '3'].map((one) => ana(one, { userName: `ana${one}@example.com`, externalId: undefined })),
    { link: 'lost' },
  )
  await expect(app.operations.listAccounts({ limit: 100 }, context())).rejects.toMatchObject(NO_EVIDENCE)
})

test.each<[string, () => Promise<Served>, Match]>([
  ['with a blank, at Google', atGoogle(), { externalId: ' E1' }],
  [
    'with an accent, at Google',
    atGoogle({ userName: JOSE, emails: [JOSE] }),
    { userName: JOSE.normalize('NFD') },
  ],
  ['with a blank, at Entra ID', atEntra(), { externalId: 'E1 ' }],
  ['with an accent, at Entra ID', atEntra({ emails: [JOSE] }), { email: JOSE.normalize('NFD') }],
])('a list by a value %s, is compared here', async (_, serve, match) => {
  await using app = await serve()
  const { items, complete } = await app.operations.listAccounts({ match, limit: 10 }, context())
  expect({ found: items.length, complete }).toEqual({ found: 1, complete: true })
})

test.each([
  ['the second email', ['x@example.com', MAIL], 'secondEmail', MAIL],
  ['the first one, with an accent', [JOSE], 'email', JOSE],
] as const)(
  'a list of Okta by an email that it hides is not called whole: %s',
  async (_, emails, hides, email) => {
    await using app = await okta.serve([ana(OKTA, { emails: [...emails] })], { hides })
    const page = await app.operations.listAccounts({ match: { email }, limit: 10 }, context())
    expect(page).toMatchObject({ items: [], complete: false })
  },
)

test('a list of Gainsight by a user name has who bears it, where a search reads one condition and another has it as email', async () => {
  const userName = 'bo@example.com'
  const people = [ana('1P01EXAMPLE000001', { emails: [userName] }), ana('1P01EXAMPLE000002', { userName })]
  await using app = await services.serve(people, { or: 'last', pageSize: 1 })
  const { items, complete } = await app.operations.listAccounts({ match: { userName }, limit: 1 }, context())
  expect({ ids: items.map(({ id }) => id), complete }).toEqual({ ids: ['1P01EXAMPLE000002'], complete: true })
})

test('a list of Gainsight that is read in parts has everybody once, where its last page has as many rows as one that is cut', async () => {
  const people = ['1', '2', '3', '4', '5'].map((one) =>
    ana(`1P01EXAMPLE00000${one}`, { userName: `${one}@example.com` }),
  )
  await using app = await services.serve(people, { mostRows: 2, pageSize: 3 })
  const ids: string[] = []
  let at: ListPosition | undefined
  do {
    const { items, next } = await app.operations.listAccounts({ limit: 1, ...(at && { at }) }, context())
    ids.push(...items.map(({ id }) => id))
    at = next
  } while (at)
  expect(ids).toEqual(people.map(({ id }) => id))
})

test.each(['entra', 'google'] as const)(
  'somebody whose address alone bears the name is found at %s, where a search by name finds nobody',
  async (name) => {
    const email = 'ada.lovelace@x.example'
    const id = formOf(name).idOf(1)
    const person = { id, userName: email, email, fullName: 'A. L.', active: true }
    await using app = await directoryAt(name, [person])
    expect(await app.operations.findByName({ name: 'Ada Lovelace' }, context())).toMatchObject(found(id))
  },
)
