import { expect, test } from 'vitest'
import { type ScimApp, type ScimAppOptions, startScimApp } from '../../src/sandbox/scim-app.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { openWorld, type WorldOptions } from '../support/world.ts'

const ADA = 'ada@x.example'
const WHY = { reason: 'left the company' }

/** A world over three apps that speak SCIM, `a`, `b` and `c`, each with the users that `fill` gives it. */
async function openThree(
  fill: (apps: Record<'a' | 'b' | 'c', ScimApp>) => void,
  { settings = {}, apps = {}, ...options }: WorldOptions & { apps?: { c?: ScimAppOptions } } = {},
) {
  const started = {
    a: await startScimApp({ people: [] }),
    b: await startScimApp({ people: [] }),
    c: await startScimApp({ people: [], ...apps.c }),
  }
  fill(started)
  const entries = Object.entries(started)
  const world = await openWorld({
    ...options,
    settings: {
      tenants: Object.fromEntries(
        entries.map(([name, app]) => [
          name,
          {
            vendor: 'scim',
            url: app.scimUrl,
            tokens: { scim: `env:T_${name}` },
            deactivateMeans: 'reversible',
            maxRetries: 0,
          },
        ]),
      ),
      ...settings,
    },
    env: Object.fromEntries(entries.map(([name, app]) => [`T_${name}`, app.tokens.scim.value])),
  })
  return {
    ...started,
    world,
    call: world.call,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await Promise.all(entries.map(([, app]) => app.close()))
    },
  }
}

const others = (app: ScimApp) => {
  for (const name of ['bo', 'cy', 'di'])
    app.addUser({ userName: `${name}@x.example`, externalId: `X-${name}` })
}
/** Ada is `lovelace` in c, with nothing but her external id, and has another address in b. */
const sheHasThreeNames = ({ a, b, c }: Record<'a' | 'b' | 'c', ScimApp>) => {
  for (const app of [a, b, c]) others(app)
  a.addUser({ userName: ADA, externalId: 'E1', emails: [{ value: ADA }, { value: 'ada@home.example' }] })
  b.addUser({ userName: 'ada@home.example' })
  c.addUser({ userName: 'lovelace', externalId: 'E1' })
}

test('one person is found under every name, and it is said by which key', async () => {
  await using three = await openThree(sheHasThreeNames)
  expect(await three.call('find_user', { user: ADA })).toMatchObject({
    people: [
      {
        accounts: [
          { tenant: 'a', userName: ADA, matchedBy: ['userName', 'email'] },
          { tenant: 'b', userName: 'ada@home.example', matchedBy: ['email'] },
          { tenant: 'c', userName: 'lovelace', matchedBy: ['externalId'] },
        ],
      },
    ],
    searched: [{ outcome: 'found' }, { outcome: 'found' }, { outcome: 'found' }],
    complete: true,
  })
})

test('an offboarding takes them all, and the plan says why each is the same person', async () => {
  await using three = await openThree(sheHasThreeNames)
  expect(await three.call('deactivate_user', { user: ADA, tenants: ['a', 'b', 'c'], ...WHY })).toMatchObject({
    status: 'done',
    results: [{ outcome: 'deactivated' }, { outcome: 'deactivated' }, { outcome: 'deactivated' }],
  })
  const [question] = three.world.asked
  expect(question).toContain('(lovelace) in c is another name of the same person: it shares the external id')
  expect(question).toContain('it shares an email')
  expect(three.c.user('lovelace').active).toBe(false)
})

test('two people who share what was asked for are not looked for under the names of each other', async () => {
  await using three = await openThree(({ a, b, c }) => {
    for (const app of [a, b, c]) others(app)
    a.addUser({ userName: 'smith', externalId: 'S1' })
    b.addUser({ userName: 'x', externalId: 'smith' })
    c.addUser({ userName: 'joe', externalId: 'S1' })
  })
  expect(await three.call('find_user', { user: 'smith' })).toMatchObject({
    searched: [{ outcome: 'found' }, { outcome: 'found' }, { outcome: 'absent' }],
  })
})

test('a second look that fails is said for its app, and she is not absent there', async () => {
  await using three = await openThree(sheHasThreeNames, {
    apps: { c: { limits: { perMinute: 3 } } },
  })
  const found = await three.call('find_user', { user: ADA })
  expect(found).toMatchObject({ complete: false })
  expect(found.searched).toContainEqual(
    expect.objectContaining({ tenant: 'c', outcome: 'not_searched', code: 'rate_limited' }),
  )
})

const APPROVE = { confirm: { removes: 'approve' } }
const everywhere = { user: ADA, tenants: ['a', 'b', 'c'], ...WHY }
const inAll = (apps: Record<'a' | 'b' | 'c', ScimApp>) => {
  for (const app of Object.values(apps)) {
    others(app)
    app.addUser({ userName: ADA })
  }
}

test('a plan that a passing fault made smaller is not offered, unless a part is enough', async () => {
  await using three = await openThree(inAll, { settings: APPROVE })
  await addApprovers(three.world, 'grace')
  three.c.faults.set(['unavailable'])
  expect(await three.call('deactivate_user', everywhere)).toMatchObject({
    error: { code: 'unavailable', retryable: true, tenant: 'c' },
  })
  const offered = await three.call('deactivate_user', { ...everywhere, partial: true })
  expect(offered).toMatchObject({
    status: 'approval_required',
    results: [{ tenant: 'c', outcome: 'failed', code: 'unavailable' }],
    approval: { plan: expect.arrayContaining([expect.stringMatching(/could not be looked up there: c\b/)]) },
  })
  const { id } = offered.approval as { id: string }
  await three.world.run(['approvals', 'approve', id, '--approver', 'grace', '--passphrase-stdin'], {
    stdin: PASSPHRASE,
  })
  // What is back is no reason to void the approval, and not part of it.
  three.c.faults.clear()
  expect(await three.call('deactivate_user', { ...everywhere, partial: true, approvalId: id })).toMatchObject(
    {
      status: 'partial',
      results: [
        { tenant: 'a', outcome: 'deactivated' },
        { tenant: 'b', outcome: 'deactivated' },
        { tenant: 'c', outcome: 'failed', code: 'refused', note: expect.stringContaining('Left alone') },
      ],
    },
  )
  expect([three.a, three.b, three.c].map((app) => app.user(ADA).active)).toEqual([false, false, true])
})

test('an approval whose plan has changed says what changed', async () => {
  await using three = await openThree(inAll, { settings: APPROVE })
  await addApprovers(three.world, 'grace')
  const { approval } = (await three.call('deactivate_user', everywhere)) as { approval: { id: string } }
  await three.world.run(['approvals', 'approve', approval.id, '--approver', 'grace', '--passphrase-stdin'], {
    stdin: PASSPHRASE,
  })
  Object.assign(three.b.user(ADA), { externalId: 'new' })
  const { error } = await three.call('deactivate_user', { ...everywhere, approvalId: approval.id })
  expect(error).toMatchObject({ code: 'approval_void', message: expect.stringContaining(`${ADA} in b`) })
  expect(error?.message).not.toContain('in a')
})

test('what a group change leaves out is in the answer, the plan and the question', async () => {
  await using three = await openThree(
    ({ a }) => {
      others(a)
      Object.assign(a.group('Everyone'), { members: a.users.map(({ id }) => ({ value: id })) })
      a.addUser({ userName: 'twin', emails: [{ value: 'bo@x.example' }] })
    },
    { settings: { confirm: { changes: 'approve' } } },
  )
  await addApprovers(three.world, 'grace')
  const remove = ['cy@x.example', 'di@x.example', 'tpyo@x.example', 'bo@x.example']
  expect(await three.call('update_group_members', { tenant: 'a', group: 'Everyone', remove })).toMatchObject({
    status: 'approval_required',
    members: [
      { user: 'tpyo@x.example', outcome: 'failed', code: 'not_found' },
      { user: 'bo@x.example', outcome: 'failed', code: 'ambiguous' },
    ],
    approval: {
      plan: expect.arrayContaining([
        '1 of 4 were not found and are left alone: tpyo@x.example.',
        '1 of 4 fit several accounts and are left alone: bo@x.example.',
      ]),
    },
  })
})

test('a protected address protects whoever has it, as any of their addresses', async () => {
  await using three = await openThree(sheHasThreeNames, { settings: { protected: ['ada@home.example'] } })
  for (const user of [ADA, 'ada@home.example']) {
    const { error } = await three.call('deactivate_user', { user, tenants: ['a', 'b', 'c'], ...WHY })
    expect(error).toMatchObject({ code: 'protected' })
  }
  expect(three.a.user(ADA).active).toBe(true)
})

test('an account that the data of another app points to is never taken unasked', async () => {
  const fill = ({ a, b, c }: Record<'a' | 'b' | 'c', ScimApp>) => {
    for (const app of [a, b, c]) others(app)
    a.addUser({ userName: ADA, emails: [{ value: ADA }, { value: 'chief@x.example' }] })
    b.addUser({ userName: ADA })
    c.addUser({ userName: 'chief@x.example' })
  }
  await using three = await openThree(fill, { settings: { confirm: { removes: 'none' } }, answer: 'decline' })
  expect(await three.call('deactivate_user', { ...everywhere, tenants: ['b'] })).toMatchObject({
    status: 'done',
  })
  expect(three.world.asked).toEqual([])
  expect(await three.call('deactivate_user', everywhere)).toMatchObject({ error: { code: 'declined' } })
  expect(three.world.asked[0]).toContain('(chief@x.example) in c is another name of the same person')
  expect(three.c.user('chief@x.example').active).toBe(true)
})

test('a name is looked for where nobody has it as an identifier, also if somebody elsewhere has', async () => {
  await using three = await openThree(({ a, b, c }) => {
    for (const app of [a, b, c]) others(app)
    a.addUser({ userName: 'ada' })
    b.addUser({ userName: 'al@x.example', name: { givenName: 'Ada', familyName: 'Lovelace' } })
  })
  expect(await three.call('find_user', { user: 'ada' })).toMatchObject({
    people: [
      { accounts: [{ tenant: 'a', userName: 'ada', matchedBy: ['userName'] }] },
      { accounts: [{ tenant: 'b', userName: 'al@x.example', matchedBy: ['name'] }] },
    ],
    searched: [{ outcome: 'found' }, { outcome: 'found' }, { outcome: 'absent' }],
    note: expect.stringContaining('candidates'),
  })
})

test('the plan says by what an account was found whose user name was not asked for', async () => {
  await using three = await openThree(({ a }) => {
    others(a)
    a.addUser({ userName: 'alovelace', emails: [{ value: ADA }] })
  })
  await three.call('deactivate_user', { ...everywhere, tenants: ['a'] })
  expect(three.world.asked[0]).toContain('(alovelace) in a was found by an email.')
})
