import { expect } from 'vitest'
import type { Account, Agent, Answer } from './agent.ts'
import { everywhere, request } from './request.ts'

/** Takes a person's access away wherever they have an account. */
const cutOff = async (agent: Agent, accounts: readonly Account[], reason: string): Promise<Answer> =>
  agent.change('deactivate_user', {
    user: accounts[0]?.email,
    tenants: accounts.map(({ tenant }) => tenant),
    reason,
  })

export const leaver = request({
  asks: 'Katherine Johnson left today. Cut her off everywhere.',
  most: { calls: 2, kilobytes: 5.5, questions: 1 },
  ends: 'Found by name, one question for four apps, each read back.',
  changes: everywhere('katherine.johnson@example.com'),
  script: async (agent) => cutOff(agent, await agent.accountsOf('Katherine Johnson'), 'left the company'),
  holds({ status, results }, apps) {
    expect(status).toBe('done')
    expect(results?.map(({ outcome, verified }) => `${outcome} ${verified}`)).toEqual(
      Array(4).fill('deactivated true'),
    )
    for (const app of Object.values(apps))
      expect(app.user('katherine.johnson@example.com').active).toBe(false)
  },
})

export const givenBack = request({
  asks: 'Katherine did not leave after all. Give it back.',
  most: { calls: 1, kilobytes: 1.2, questions: 1 },
  follows: leaver,
  ends: 'What the earlier call changed is undone and read back.',
  changes: everywhere('katherine.johnson@example.com'),
  script: (agent) =>
    agent.change('undo_change', {
      change: agent.remembered('deactivate_user'),
      reason: 'did not leave after all',
    }),
  holds({ status, results }, apps) {
    expect(status).toBe('done')
    expect(results?.map(({ outcome }) => outcome)).toEqual(Array(4).fill('restored'))
    for (const app of Object.values(apps)) expect(app.user('katherine.johnson@example.com').active).toBe(true)
  },
})

const LEAVERS = ['Nadia Usman', 'Sven Silva', 'Sven Haddad']

export const leavers = request({
  asks: `${LEAVERS.join(', ')} of Support have left. Cut them off everywhere.`,
  most: { calls: 6, kilobytes: 14, questions: 1 },
  ends: 'Found by name, one question for all of them in four apps, and what became of each account.',
  changes: everywhere('nadia.usman@example.com', 'sven.silva@example.com', 'sven.haddad@example.com'),
  async script(agent) {
    const people = []
    for (const person of LEAVERS) people.push((await agent.accountsOf(person))[0]?.email)
    const reason = 'asked by the helpdesk'
    const run = await agent.change('offboard', { people, reason })
    return agent.ended(run)
  },
  holds({ state, counts }) {
    expect(state).toBe('finished')
    expect(counts).toMatchObject({ done: 12, failed: 0, unknown: 0, waiting: 0 })
  },
})

export const suspended = request({
  asks: 'Suspend Uma Kovács until the first of March.',
  most: { calls: 4, kilobytes: 6, questions: 1 },
  ends: 'One question for now and for March: a run takes the access, and another gives it back on the day.',
  changes: everywhere('uma.kovacs@example.com'),
  async script(agent) {
    const [account] = await agent.accountsOf('Uma Kovács')
    const until = '2027-03-01T00:00[Europe/Budapest]'
    const args = { people: [account?.email], until, reason: 'suspended until 1 March' }
    const run = await agent.change('offboard', args)
    return agent.ended(run)
  },
  holds({ state, counts, note }, apps) {
    expect({ state, counts }).toMatchObject({ state: 'finished', counts: { done: 4, failed: 0, unknown: 0 } })
    expect(note).toContain('2027-02-28T23:00:00.000Z')
    for (const app of Object.values(apps)) expect(app.user('uma.kovacs@example.com').active).toBe(false)
  },
})

export const married = request({
  asks: 'Ada Lovelace married: she is Ada Byron now, ada.byron@example.com.',
  most: { calls: 5, kilobytes: 7, questions: 4 },
  ends: 'Family name, display name and email in all four apps; user names stay, as nobody asked for others.',
  changes: everywhere('ada@example.com'),
  async script(agent) {
    const answers = []
    for (const { tenant, id } of await agent.accountsOf('Ada Lovelace')) {
      const set = { familyName: 'Byron', email: 'ada.byron@example.com' }
      answers.push(await agent.change('update_user', { tenant, user: id, set }))
    }
    return answers
  },
  holds(answers) {
    for (const { outcome, verified, account } of answers) {
      expect({ outcome, verified, account }).toMatchObject({
        outcome: 'updated',
        verified: true,
        account: { name: 'Ada Byron', email: 'ada.byron@example.com', userName: 'ada@example.com' },
      })
    }
  },
})

export const mover = request({
  asks: 'Omar Dubois moves from Finance to Sales.',
  most: { calls: 11, kilobytes: 7.5, questions: 6 },
  ends: 'The department and both groups in three apps; Mindtickle lists no groups, and says so.',
  changes: [
    ...['netskope', 'gainsight', 'scim'].map((app) => `${app}: omar.dubois@example.com`),
    ...['netskope', 'gainsight', 'scim'].flatMap((app) =>
      ['Finance', 'Sales'].map((group) => `${app}: group ${group}`),
    ),
  ],
  async script(agent) {
    const accounts = await agent.accountsOf('Omar Dubois')
    const departments = []
    for (const { tenant, id, department } of accounts) {
      if (department === undefined) continue
      departments.push(await agent.change('update_user', { tenant, user: id, set: { department: 'Sales' } }))
    }
    const groups = []
    for (const { tenant, id } of accounts) {
      const into = await agent.change('update_group_members', { tenant, group: 'Sales', add: [id] })
      groups.push(into)
      if (into.error) continue
      groups.push(await agent.change('update_group_members', { tenant, group: 'Finance', remove: [id] }))
    }
    return { departments, groups }
  },
  holds({ departments, groups }, apps) {
    expect(departments.map(({ outcome, verified }) => `${outcome} ${verified}`)).toEqual(
      Array(3).fill('updated true'),
    )
    expect(groups.flatMap(({ members = [] }) => members.map(({ outcome }) => outcome))).toEqual(
      Array(3).fill(['added', 'removed']).flat(),
    )
    expect(groups.flatMap(({ error }) => error ?? [])).toEqual([
      expect.objectContaining({ code: 'unsupported', tenant: 'acme-mindtickle' }),
    ])
    for (const app of [apps.netskope, apps.gainsight, apps.scim]) {
      const { id } = app.user('omar.dubois@example.com')
      const isIn = (group: string) => app.group(group).members?.some(({ value }) => value === id) ?? false
      expect({ sales: isIn('Sales'), finance: isIn('Finance') }).toEqual({ sales: true, finance: false })
    }
  },
})

export const superAdmin = request({
  asks: 'Make Ivan Park a super admin in Gainsight.',
  most: { calls: 2, kilobytes: 2.6, questions: 0 },
  ends: 'Refused, with who can do it and where.',
  async script(agent) {
    const accounts = await agent.accountsOf('Ivan Park')
    const account = accounts.find(({ tenant }) => tenant.includes('gainsight'))
    return agent.change('update_user', { tenant: account?.tenant, user: account?.id, set: { admin: true } })
  },
  holds({ error }) {
    expect(error).toMatchObject({ code: 'refused', hint: expect.stringContaining('super admin can do it') })
  },
})
