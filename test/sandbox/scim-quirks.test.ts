import { expect, test } from 'vitest'
import { filtered, openScimApp, rows, type ScimQuirk } from './asking.ts'

type VendorContext = Awaited<ReturnType<typeof openScimApp>>

const off = { op: 'replace', path: 'active', value: false }
const ada = ({ app }: VendorContext) => app.user('ada@example.com')
const adaPath = (opened: VendorContext) => `/Users/${ada(opened).id}`
const ADA = filtered('userName eq "ada@example.com"')
const seenAda = async (opened: VendorContext) => (await opened.scim('GET', adaPath(opened))).json
const listed = async ({ scim }: VendorContext, query = '?count=5') =>
  (await scim('GET', `/Users${query}`)).json
const newcomer = { userName: 'Di.New@Example.com', emails: [{ value: 'di.new@example.com' }] }
const create = ({ scim }: VendorContext, body: object = newcomer) => scim('POST', '/Users', { body })
const refusal = ({ scim }: VendorContext) => scim('GET', '/Users/nobody')
const accepting = ({ scim }: VendorContext, accept: string) =>
  scim('GET', '/Users?count=1', { headers: { accept } })
const sending = (opened: VendorContext, type: string) =>
  opened.scim('PUT', adaPath(opened), {
    body: { userName: 'ada@example.com' },
    headers: { 'content-type': type },
  })

/** What each quirk does, told by what is seen from outside. */
const SEEN: Record<ScimQuirk, (opened: VendorContext) => Promise<void>> = {
  async 'numeric-active'(opened) {
    expect((await seenAda(opened)).active).toBe(1)
    ada(opened).active = false
    expect(rows(await opened.scim('GET', `/Users${ADA}`))[0]?.active).toBe(0)
  },
  async 'user-types-hidden'(opened) {
    ada(opened).userType = 'Employee'
    expect(await seenAda(opened)).not.toHaveProperty('userType')
  },
  async 'put-read-only-refused'(opened) {
    const body = { userName: 'ada@example.com', meta: {} }
    expect((await opened.scim('PUT', adaPath(opened), { body })).json.scimType).toBe('mutability')
    expect((await sending(opened, 'application/scim+json')).status).toBe(200)
  },
  async 'patch-replaces-objects'(opened) {
    await opened.patch(adaPath(opened), { op: 'replace', value: { name: { givenName: 'Augusta' } } })
    expect(ada(opened).name).toEqual({ givenName: 'Augusta' })
  },
  async 'formatted-read-only'(opened) {
    const set = { op: 'replace', path: 'name.formatted', value: 'Ada King' }
    expect((await opened.patch(adaPath(opened), set)).json.scimType).toBe('mutability')
  },
  async 'title-lost'(opened) {
    await opened.patch(adaPath(opened), off)
    expect(ada(opened).title).toBeUndefined()
  },
  async 'deactivation-renames'(opened) {
    const { id } = ada(opened)
    await opened.patch(adaPath(opened), off)
    expect(opened.app.user(id)).toMatchObject({ userName: `gone-${id}`, emails: [] })
  },
  async 'members-one-by-one'(opened) {
    const { id, members = [] } = opened.app.group('Sales')
    const held = new Set(members.map(({ value }) => value))
    const value = opened.app.users
      .filter((user) => !held.has(user.id))
      .map(asMember)
      .slice(0, 3)
    const { status } = await opened.patch(`/Groups/${id}`, { op: 'add', path: 'members', value })
    expect(status).toBe(400)
    expect(opened.app.group('Sales').members).toHaveLength(members.length + 2)
  },
  async 'display-name-required'(opened) {
    expect((await create(opened)).status).toBe(400)
    expect((await create(opened, { ...newcomer, displayName: 'Di New' })).status).toBe(201)
  },
  async 'active-missing'(opened) {
    expect(await seenAda(opened)).not.toHaveProperty('active')
  },
  async 'no-emails'(opened) {
    expect(await seenAda(opened)).not.toHaveProperty('emails')
  },
  async 'no-primary-email'(opened) {
    expect((await seenAda(opened)).emails).toEqual([
      { type: 'home', value: 'private@home.example' },
      { type: 'work', value: 'ada@example.com' },
    ])
  },
  async 'mixed-case-names'(opened) {
    expect((await seenAda(opened)).userName).toBe('Ada@Example.Com')
    expect(rows(await opened.scim('GET', `/Users${ADA}`))[0]?.userName).toBe('Ada@Example.Com')
  },
  async 'no-external-ids'(opened) {
    expect(await seenAda(opened)).not.toHaveProperty('externalId')
  },
  async 'hostile-names'(opened) {
    expect((await seenAda(opened)).displayName).toContain('\u202e')
  },
  async 'create-without-id'(opened) {
    const { status, json } = await create(opened)
    expect(status).toBe(201)
    expect(json).not.toHaveProperty('id')
    expect(opened.app.user('di.new@example.com').active).toBe(true)
  },
  async 'members-cut'(opened) {
    const { id, members } = opened.app.group('Everyone')
    expect(members).toHaveLength(250)
    expect((await opened.scim('GET', `/Groups/${id}`)).json.members).toHaveLength(100)
  },
  async 'members-shown-empty'(opened) {
    const { id, members = [] } = opened.app.group('Everyone')
    expect(members.length).toBeGreaterThan(0)
    expect((await opened.scim('GET', `/Groups/${id}`)).json.members).toEqual([])
  },
  async 'total-is-page'(opened) {
    expect((await listed(opened)).totalResults).toBe(5)
    expect(rows(await opened.scim('GET', '/Users?count=5&startIndex=6'))).toHaveLength(5)
  },
  async 'start-from-zero'(opened) {
    expect((await listed(opened)).startIndex).toBe(0)
  },
  async 'items-per-page-off'(opened) {
    expect((await listed(opened, '?startIndex=249&count=50')).itemsPerPage).toBe(50)
  },
  async 'text-numbers'(opened) {
    expect(await listed(opened)).toMatchObject({ totalResults: '250', itemsPerPage: '5', startIndex: '1' })
  },
  async 'numbers-missing'(opened) {
    expect(Object.keys(await listed(opened))).toEqual(['schemas', 'Resources'])
  },
  async 'resources-missing'(opened) {
    expect(await listed(opened, filtered('userName eq "nobody"'))).not.toHaveProperty('Resources')
    expect(await listed(opened)).toHaveProperty('Resources')
  },
  async 'count-clamped'(opened) {
    expect((await listed(opened, '?count=200')).itemsPerPage).toBe(10)
    expect((await listed(opened, '?count=2')).itemsPerPage).toBe(2)
  },
  async 'count-zero-refused'({ scim }) {
    expect((await scim('GET', '/Users?count=0')).status).toBe(400)
  },
  async 'pages-overlap'({ scim }) {
    const [one, other] = [
      await scim('GET', '/Users?count=3'),
      await scim('GET', '/Users?count=3&startIndex=4'),
    ]
    expect(rows(other)[0]).toEqual(rows(one)[2])
  },
  async 'page-past-count'({ scim }) {
    expect(rows(await scim('GET', '/Users?count=3&startIndex=3'))).toHaveLength(3)
    expect(rows(await scim('GET', '/Users?count=3&startIndex=4'))).toEqual([])
  },
  async 'list-needs-filter'({ scim }) {
    expect((await scim('GET', '/Users')).status).toBe(400)
    expect((await scim('GET', `/Users${ADA}`)).status).toBe(200)
  },
  async 'inactive-unlisted'(opened) {
    const alan = opened.app.user('alan@example.com')
    expect(await listed(opened, filtered('userName eq "alan@example.com"'))).toMatchObject({
      totalResults: 0,
    })
    expect((await listed(opened)).totalResults).toBe(opened.app.users.filter(({ active }) => active).length)
    expect((await opened.scim('GET', `/Users/${alan.id}`)).json.active).toBe(false)
  },
  async 'filter-empty'(opened) {
    expect((await listed(opened, ADA)).totalResults).toBe(0)
    expect((await create(opened, { userName: 'ada@example.com' })).status).toBe(409)
  },
  async 'or-refused'(opened) {
    const either = filtered('userName eq "ada@example.com" or externalId eq "x"')
    expect((await opened.scim('GET', `/Users${either}`)).status).toBe(400)
    expect((await listed(opened, ADA)).totalResults).toBe(1)
  },
  async 'or-first-only'(opened) {
    const either = filtered('externalId eq "x" or userName eq "ada@example.com"')
    expect((await listed(opened, either)).totalResults).toBe(0)
  },
  async 'filter-user-name-only'(opened) {
    expect((await listed(opened, ADA)).totalResults).toBe(1)
    expect((await listed(opened, filtered('emails.value eq "ada@example.com"'))).totalResults).toBe(0)
  },
  async 'filter-any-attribute'(opened) {
    expect((await listed(opened, filtered('noSuchAttribute eq "ada@example.com"'))).totalResults).toBe(1)
    expect((await listed(opened, filtered('externalId eq "idp-1"'))).totalResults).toBe(0)
  },
  async 'rows-need-count'(opened) {
    expect(await listed(opened, ADA)).toMatchObject({ totalResults: 1, Resources: [] })
    expect(rows(await opened.scim('GET', `/Users${ADA}&count=1`))).toHaveLength(1)
  },
  async 'guests-hidden'(opened) {
    Object.assign(ada(opened), { userType: 'Guest' })
    expect(await listed(opened, ADA)).toMatchObject({ totalResults: 0, Resources: [] })
  },
  async 'rows-sparse'(opened) {
    const [row] = rows(await opened.scim('GET', `/Users${ADA}`))
    expect(Object.keys(row ?? {})).toEqual(['id', 'userName', 'active'])
    expect(await seenAda(opened)).toHaveProperty('emails')
  },
  async 'filter-loose'(opened) {
    const found = rows(await opened.scim('GET', `/Users${filtered('userName eq "breakglass@example.com"')}`))
    expect(found).toHaveLength(4)
    expect(found[3]?.userName).toBe('breakglass@example.com')
  },
  async 'external-id-filter'({ scim }) {
    expect((await scim('GET', `/Users${filtered('externalId eq "x"')}`)).json.scimType).toBe('invalidFilter')
    expect((await scim('GET', `/Users${ADA}`)).status).toBe(200)
  },
  async 'emails-filter'({ scim }) {
    expect((await scim('GET', `/Users${filtered('emails.value eq "x"')}`)).json.scimType).toBe(
      'invalidFilter',
    )
    expect((await scim('GET', `/Users${ADA}`)).status).toBe(200)
  },
  async 'attributes-ignored'({ app, scim }) {
    const { id } = app.group('Sales')
    expect((await scim('GET', `/Groups/${id}?excludedAttributes=members`)).json).toHaveProperty('members')
  },
  async 'discovery-missing'({ app, scim }) {
    for (const path of ['/ServiceProviderConfig', '/Schemas', '/ResourceTypes'])
      expect((await scim('GET', path)).status).toBe(404)
    app.faults.set([{ fault: 'discovery-missing', status: 501 }])
    expect((await scim('GET', '/ServiceProviderConfig')).status).toBe(501)
  },
  async 'discovery-wrong'({ scim }) {
    expect((await scim('GET', '/ServiceProviderConfig')).json).toMatchObject({
      patch: { supported: false },
      filter: { supported: false },
    })
    expect((await scim('GET', `/Users${ADA}`)).json.totalResults).toBe(1)
  },
  async 'patch-empty-200'(opened) {
    const { status, text } = await opened.patch(adaPath(opened), off)
    expect([status, text, ada(opened).active]).toEqual([200, '', false])
  },
  async 'patch-no-op-refused'(opened) {
    expect((await opened.patch(adaPath(opened), off)).status).toBe(200)
    expect((await opened.patch(adaPath(opened), off)).status).toBe(400)
  },
  async 'patch-path-ignored'(opened) {
    const wings = { op: 'replace', path: 'wings', value: 2 }
    expect((await opened.patch(adaPath(opened), wings, off)).status).toBe(200)
    expect(ada(opened).active).toBe(false)
    expect(ada(opened)).not.toHaveProperty('wings')
  },
  async 'put-unsupported'(opened) {
    expect((await sending(opened, 'application/json')).status).toBe(405)
  },
  async 'active-ignored'(opened) {
    const { status, json } = await opened.patch(adaPath(opened), off)
    expect([status, json.active, ada(opened).active]).toEqual([200, true, true])
  },
  async 'lower-cases'(opened) {
    expect((await create(opened)).json.userName).toBe('di.new@example.com')
  },
  async 'create-upsert'(opened) {
    const { status, json } = await create(opened, { userName: 'ADA@example.com', active: false })
    expect([status, json.id, json.active]).toEqual([200, ada(opened).id, true])
    expect(opened.app.users).toHaveLength(250)
  },
  async 'create-not-kept'(opened) {
    const { status, json } = await create(opened)
    expect([status, opened.app.users.length]).toEqual([201, 250])
    expect((await opened.scim('GET', `/Users/${json.id}`)).status).toBe(404)
  },
  async 'deactivation-deletes'(opened) {
    const path = adaPath(opened)
    expect((await opened.patch(path, off)).status).toBe(200)
    expect((await opened.scim('GET', path)).status).toBe(404)
  },
  async 'delete-deactivates'(opened) {
    expect((await opened.scim('DELETE', adaPath(opened))).status).toBe(204)
    expect(await seenAda(opened)).toMatchObject({ active: false })
  },
  async 'delete-missing-204'({ scim }) {
    expect((await scim('DELETE', '/Users/nobody')).status).toBe(204)
  },
  async 'owner-protected'(opened) {
    expect((await opened.patch(adaPath(opened), off)).status).toBe(400)
    expect(ada(opened).active).toBe(true)
    expect((await opened.patch(`/Users/${opened.app.user('grace@example.com').id}`, off)).status).toBe(200)
  },
  async 'member-add-drops'({ app, patch }) {
    const everyone = app.group('Everyone')
    const { id } = app.addUser({ userName: 'di@example.com' })
    await patch(`/Groups/${everyone.id}`, { op: 'add', path: 'members', value: [{ value: id }] })
    expect(everyone.members).toHaveLength(101)
    expect(everyone.members?.at(-1)).toEqual({ value: id })
  },
  async 'members-too-many'({ app, patch }) {
    const add = (count: number) => ({
      op: 'add',
      path: 'members',
      value: app.users.slice(0, count).map(asMember),
    })
    const { id } = app.group('Sales')
    expect((await patch(`/Groups/${id}`, add(101))).status).toBe(413)
    expect((await patch(`/Groups/${id}`, add(100))).status).toBe(200)
  },
  async 'member-remove-filter'(opened) {
    expect(await removals(opened)).toEqual({ list: 400, filter: 200 })
  },
  async 'member-remove-list'(opened) {
    expect(await removals(opened)).toEqual({ list: 200, filter: 400 })
  },
  async 'etag-refused'(opened) {
    const asking = { body: { userName: 'ada@example.com' }, headers: { 'if-match': '*' } }
    expect((await opened.scim('PUT', adaPath(opened), asking)).status).toBe(412)
    expect((await sending(opened, 'application/json')).status).toBe(200)
  },
  async 'errors-number'(opened) {
    expect((await refusal(opened)).json.status).toBe(404)
  },
  async 'errors-untyped'(opened) {
    const { status, json } = await create(opened, { userName: 'ada@example.com' })
    expect(status).toBe(409)
    expect(json).not.toHaveProperty('scimType')
  },
  async 'errors-lower-case'(opened) {
    const { json } = await create(opened, { userName: 'ada@example.com' })
    expect([json.scimType, typeof json.schemas]).toEqual(['uniqueness', 'string'])
    expect((await opened.patch(adaPath(opened), { ...off, path: '[' })).json.scimType).toMatch(/^[a-z]+$/)
  },
  async 'patch-path-drops'(opened) {
    await expect(opened.patch(adaPath(opened), off)).rejects.toThrow()
    expect((await opened.patch(adaPath(opened), { op: 'replace', value: { active: false } })).status).toBe(
      200,
    )
  },
  async 'errors-text'(opened) {
    const { status, headers, text } = await refusal(opened)
    expect([status, headers.get('content-type'), text]).toEqual([
      404,
      'text/plain',
      'Resource nobody not found',
    ])
  },
  async 'errors-html'(opened) {
    const { status, headers } = await refusal(opened)
    expect([status, headers.get('content-type')]).toEqual([404, 'text/html'])
  },
  async 'errors-odd-type'(opened) {
    expect((await refusal(opened)).headers.get('content-type')).toBe('application/json+scim')
  },
  async 'errors-return-code'(opened) {
    const { status, json } = await refusal(opened)
    expect([status, json]).toEqual([404, { returnCode: 1404, message: 'Resource nobody not found' }])
  },
  async 'errors-block'(opened) {
    expect((await refusal(opened)).json).toEqual({
      Errors: [{ code: 404, description: 'Resource nobody not found' }],
    })
  },
  async 'errors-empty'(opened) {
    const { status, text } = await refusal(opened)
    expect([status, text]).toEqual([404, ''])
  },
  async 'accept-json-only'(opened) {
    expect((await accepting(opened, 'application/scim+json')).status).toBe(406)
    expect((await accepting(opened, 'application/scim+json, application/json')).status).toBe(200)
  },
  async 'accept-scim-only'(opened) {
    expect((await accepting(opened, 'application/json')).status).toBe(406)
    expect((await accepting(opened, 'application/scim+json, application/json')).status).toBe(200)
  },
  async 'send-json-only'(opened) {
    expect((await sending(opened, 'application/scim+json')).status).toBe(415)
    expect((await sending(opened, 'application/json')).status).toBe(200)
  },
  async 'send-scim-only'(opened) {
    expect((await sending(opened, 'application/json')).status).toBe(415)
    expect((await sending(opened, 'application/scim+json')).status).toBe(200)
  },
}

const asMember = ({ id }: { id: string }) => ({ value: id })

/** The answers to the two ways to take somebody out of a group. */
async function removals({ app, patch }: VendorContext) {
  const { id, members = [] } = app.group('Everyone')
  const [one, other] = members.map(({ value }) => value)
  const list = await patch(`/Groups/${id}`, { op: 'remove', path: 'members', value: [{ value: one }] })
  const filter = await patch(`/Groups/${id}`, { op: 'remove', path: `members[value eq "${other}"]` })
  return { list: list.status, filter: filter.status }
}

test.each(Object.entries(SEEN))('the fault %s does what it says', async (fault, seen) => {
  await using opened = await openScimApp({ faults: [fault as ScimQuirk] }) // the keys are the names
  await seen(opened)
})
