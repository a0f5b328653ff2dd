import { expect } from 'vitest'
import { makePeople } from '../../src/sandbox/people.ts'
import { everywhere, named, request } from './request.ts'

export const newHire = request({
  asks: 'Noor Ali (noor.ali@example.com), accountant in Finance, starts on Monday. Give her accounts everywhere.',
  most: { calls: 5, kilobytes: 6, questions: 1 },
  ends: 'One question now; the accounts are made on the day, with the fields that each app has.',
  changes: everywhere('noor.ali@example.com'),
  async script(agent) {
    const noor = { email: 'noor.ali@example.com', givenName: 'Noor', familyName: 'Ali' }
    const people = [{ ...noor, title: 'Accountant', department: 'Finance' }]
    const tenants = (await agent.tenants('onboard')).map(({ tenant }) => tenant)
    // Monday comes in a moment here.
    const at = new Date(Date.now() + 3_000).toISOString()
    const run = await agent.change('onboard', { people, tenants, at, reason: 'starts on Monday' })
    return agent.ended(run, { due: true })
  },
  holds({ state, counts }, apps) {
    expect({ state, counts }).toMatchObject({ state: 'finished', counts: { done: 4, failed: 0, unknown: 0 } })
    for (const app of Object.values(apps)) expect(app.user('noor.ali@example.com').active).toBe(true)
  },
})

export const newTeam = request({
  asks: 'Ines Rey, Tom Okafor and Lia Costa (ines.rey@, tom.okafor@, lia.costa@example.com) start today. Give them accounts in acme-scim, with the groups of Daniel Tanaka.',
  most: { calls: 4, kilobytes: 6, questions: 1 },
  ends: 'One question for all three and their groups, and what became of each.',
  changes: [
    ...['ines.rey', 'tom.okafor', 'lia.costa'].map((name) => `scim: ${name}@example.com`),
    ...['scim: group Everyone', 'scim: group Support'],
  ],
  async script(agent) {
    const people = ['Ines Rey', 'Tom Okafor', 'Lia Costa'].map((name) => {
      const [givenName = '', familyName = ''] = name.split(' ')
      return { email: `${givenName}.${familyName}@example.com`.toLowerCase(), givenName, familyName }
    })
    const [colleague] = await agent.accountsOf('Daniel Tanaka')
    const args = { people, tenants: ['acme-scim'], like: colleague?.email, reason: 'new in the team' }
    const run = await agent.change('onboard', args)
    return agent.ended(run)
  },
  holds({ state, counts }, { scim }) {
    expect({ state, counts }).toMatchObject({
      state: 'finished',
      counts: { failed: 0, unknown: 0, waiting: 0 },
    })
    const support = new Set(scim.group('Support').members?.map(({ value }) => value))
    for (const name of ['ines.rey', 'tom.okafor', 'lia.costa']) {
      const { id, active } = scim.user(`${name}@example.com`)
      expect({ active, support: support.has(id) }).toEqual({ active: true, support: true })
    }
  },
})

export const howMany = request({
  asks: 'How many active accounts does each of our apps have?',
  most: { calls: 5, kilobytes: 2.6, questions: 0 },
  ends: 'Counted in each app; no row is sent.',
  async script(agent) {
    const counted = []
    for (const { tenant } of await agent.tenants('list_users')) {
      counted.push({
        tenant,
        ...(await agent.call('list_users', { tenant, match: { status: 'active' }, count: true })),
      })
    }
    return counted
  },
  holds(counted, apps) {
    const active = Object.entries(apps).map(([app, { users }]) => [
      `acme-${app}`,
      users.filter((user) => user.active !== false).length,
    ])
    expect(counted.map(({ tenant, count }) => [tenant, count])).toEqual(active)
    expect(counted.map(({ complete }) => complete)).toEqual(active.map(() => true))
  },
  told: (apps) =>
    Object.values(apps).map(({ users }) => String(users.filter((user) => user.active !== false).length)),
})

export const backInOne = request({
  asks: 'Alan Turing is back with us, for Netskope alone. Reactivate him there.',
  most: { calls: 2, kilobytes: 3.5, questions: 1 },
  ends: 'One question about one app; his accounts in the others stay as they are.',
  changes: ['netskope: alan@example.com'],
  async script(agent) {
    const accounts = await agent.accountsOf('Alan Turing')
    const tenants = accounts.map(({ tenant }) => tenant).filter((tenant) => tenant.includes('netskope'))
    return agent.change('reactivate_user', { user: accounts[0]?.email, tenants, reason: 'is back with us' })
  },
  holds({ status, results }, { netskope }) {
    expect(status).toBe('done')
    expect(results).toMatchObject([{ outcome: 'reactivated', verified: true }])
    expect(netskope.user('alan@example.com').active).toBe(true)
  },
})

export const forgotten = request({
  asks: 'Daniel Tanaka asks to be forgotten. Delete his account in Netskope.',
  most: { calls: 2, kilobytes: 3.5, questions: 0 },
  ends: 'The account stays; to deactivate it is what is offered.',
  gap: {
    why: 'nothing is deleted in an app unless its settings allow it',
    says: /delete/i,
    closedBy: named(/delete/),
  },
  async script(agent) {
    const accounts = await agent.accountsOf('Daniel Tanaka')
    const account = accounts.find(({ tenant }) => tenant.includes('netskope'))
    const reason = 'asked to be forgotten'
    return agent.suppose('delete_user', { tenant: account?.tenant, user: account?.id, reason })
  },
  holds({ error }) {
    expect(error).toBeDefined()
  },
  told: () => [/delet/i],
})

export const oneOfMany = request({
  asks: 'Sven has left. Cut him off.',
  most: { calls: 1, kilobytes: 9, questions: 0 },
  ends: 'Several people are called that, so nobody is cut off: the person is asked which one is meant.',
  script: (agent) => agent.call('find_user', { user: 'Sven' }),
  holds({ people = [] }) {
    expect(new Set(people.map(({ email }) => email)).size).toBeGreaterThan(1)
  },
  told: () => [/\?/],
})

const PROJECT = ['Priya Weber', 'Ivan Park']

export const projectGroup = request({
  asks: `Make a group Apollo in acme-scim for ${PROJECT.join(' and ')}.`,
  most: { calls: 3, kilobytes: 6, questions: 1 },
  ends: 'One question for the group and its members.',
  changes: ['scim: group Apollo'],
  async script(agent) {
    const members = []
    for (const person of PROJECT) members.push((await agent.accountsOf(person))[0]?.email)
    return agent.change('create_group', {
      tenant: 'acme-scim',
      name: 'Apollo',
      members,
      reason: 'the project',
    })
  },
  holds({ outcome, verified }, { scim }) {
    expect({ outcome, verified }).toEqual({ outcome: 'created', verified: true })
    expect(scim.group('Apollo').members).toHaveLength(2)
  },
})

export const outOfTheProject = request({
  asks: 'Ivan Park has left the project: take him out of the group Apollo.',
  most: { calls: 2, kilobytes: 3.5, questions: 1 },
  ends: 'One question; the group is read back.',
  follows: projectGroup,
  changes: ['scim: group Apollo'],
  async script(agent) {
    const accounts = await agent.accountsOf('Ivan Park')
    const account = accounts.find(({ tenant }) => tenant === 'acme-scim')
    const args = { tenant: 'acme-scim', group: 'Apollo', remove: [account?.id], reason: 'left the project' }
    return agent.change('update_group_members', args)
  },
  holds({ members }, { scim }) {
    expect(members).toMatchObject([{ outcome: 'removed' }])
    const { id } = scim.user('priya.weber@example.com')
    expect(scim.group('Apollo').members?.map(({ value }) => value)).toEqual([id])
  },
})

export const wholeTeam = request({
  asks: 'The IT department loses Gainsight today. Deactivate everybody of IT who is active there.',
  most: { calls: 3, kilobytes: 10, questions: 1 },
  ends: 'One question that names all of them; the super admin among them stays.',
  changes: makePeople()
    .filter(({ department, active, givenName }) => department === 'IT' && active && givenName !== 'Break')
    .map(({ userName }) => `gainsight: ${userName.toLowerCase()}`),
  async script(agent) {
    const match = { department: 'IT', status: 'active' }
    const args = { tenant: 'acme-gainsight', match, reason: 'IT does without Gainsight' }
    const run = await agent.change('deactivate_users', args)
    return agent.ended(run)
  },
  holds({ state, counts }) {
    expect({ state, counts }).toMatchObject({ state: 'finished', counts: { failed: 0, unknown: 0 } })
  },
})

export const calledOff = request({
  asks: 'Take the access of Priya Weber away in a week. No, stop: she stays. Call it off.',
  most: { calls: 5, kilobytes: 7, questions: 1 },
  ends: 'Planned with one question, and called off without another; nothing is changed.',
  async script(agent) {
    const [account] = await agent.accountsOf('Priya Weber')
    const at = new Date(Date.now() + 7 * 86_400_000).toISOString()
    const run = await agent.change('offboard', { people: [account?.email], at, reason: 'leaves in a week' })
    const off = await agent.call('cancel_run', { runId: run.runId, reason: 'she stays' })
    return { off, after: await agent.call('get_run', { runId: run.runId }) }
  },
  holds({ off, after }) {
    expect(off).not.toHaveProperty('error')
    expect(after).toMatchObject({ state: 'cancelled' })
  },
})

export const doneToday = request({
  asks: 'What has been changed in Mindtickle through this server today, and who asked for it?',
  most: { calls: 1, kilobytes: 4, questions: 0 },
  ends: 'Read from the journal, one line for each change.',
  async script(agent) {
    const since = new Date(Date.now() - 86_400_000).toISOString()
    return agent.call('pull_audit', { tenant: 'acme-mindtickle', since })
  },
  holds({ events = [] }) {
    const own = events.filter(({ source }) => source === 'journal')
    expect(own.length).toBeGreaterThan(3)
    for (const { target, change } of own) {
      expect({ target, change }).toEqual({ target: expect.any(String), change: expect.any(String) })
    }
  },
})
