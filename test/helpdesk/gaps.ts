import { expect } from 'vitest'
import type { Account, Agent, Answer } from './agent.ts'
import { newHire } from './more.ts'
import { everywhere, named, request } from './request.ts'

export const sameGroups = request({
  asks: 'Give Noor Ali the same groups as Daniel Tanaka.',
  follows: newHire,
  most: { calls: 5, kilobytes: 5, questions: 2 },
  ends: 'Where the app tells his groups she is added to each; elsewhere they are unknown, and said to be.',
  gap: {
    why: 'groups are not copied, and three of the apps do not tell them by person',
    says: /Nothing copies groups/,
    closedBy: named(/copy|same_groups/),
  },
  changes: ['scim: group Everyone', 'scim: group Support'],
  async script(agent) {
    const copied = await agent.suppose('copy_groups', { from: 'Daniel Tanaka', to: 'Noor Ali' })
    const his = await agent.accountsOf('Daniel Tanaka')
    const hers = await agent.accountsOf('Noor Ali')
    const added = []
    for (const { tenant, groups = [] } of his) {
      const noor = hers.find((account) => account.tenant === tenant)
      for (const group of groups) {
        added.push(await agent.change('update_group_members', { tenant, group, add: [noor?.id] }))
      }
    }
    return { copied, unknown: his.filter(({ groups }) => groups === undefined), added }
  },
  holds({ copied, unknown, added }) {
    expect(copied.error?.code).toBe('protocol')
    expect(unknown).toHaveLength(3)
    expect(added.flatMap(({ members = [] }) => members.map(({ outcome }) => outcome))).toEqual([
      'added',
      'added',
    ])
  },
})

const deactivate = (agent: Agent, accounts: readonly Account[], more: object = {}): Promise<Answer> =>
  agent.change('deactivate_user', {
    user: accounts[0]?.email,
    tenants: accounts.map(({ tenant }) => tenant),
    reason: 'asked by the helpdesk',
    ...more,
  })

export const firedAdmin = request({
  asks: 'Grace Hopper was fired. Cut her off everywhere, now.',
  most: { calls: 4, kilobytes: 6.5, questions: 1 },
  ends: 'The other three are cut off; the answer names the app that is left and who can do it there.',
  gap: {
    why: 'super admins of Gainsight are not changed from here, and a call that names one is refused whole',
    says: /super admin can do it in Gainsight/,
    closedBy: () => false,
  },
  told: () => ['gainsight'],
  changes: everywhere('grace@example.com').filter((key) => !key.startsWith('gainsight')),
  async script(agent) {
    const accounts = await agent.accountsOf('Grace Hopper')
    const all = await deactivate(agent, accounts)
    const others = accounts.filter(({ tenant }) => tenant !== all.error?.tenant)
    return { all, others: await deactivate(agent, others) }
  },
  holds({ all, others }) {
    expect(all.error).toMatchObject({ code: 'refused', tenant: 'acme-gainsight' })
    expect(others).toMatchObject({ status: 'done' })
    expect(others.results).toHaveLength(3)
  },
})

export const reset = request({
  asks: 'Reset the password and the second factor of Priya Weber.',
  most: { calls: 5, kilobytes: 4, questions: 0 },
  ends: 'Told where both are reset: at the identity provider, or in the console of the app.',
  gap: {
    why: 'this server takes no passwords and reaches no second factors',
    says: /takes no passwords: they are reset at the identity provider.*Second factors are reset/,
    closedBy: named(/password|mfa|factor/),
  },
  told: () => [/identity provider|console/i],
  async script(agent) {
    const [account] = await agent.accountsOf('Priya Weber')
    const { tenant, id } = account ?? {}
    return [
      await agent.suppose('reset_password', { user: id }),
      await agent.suppose('reset_mfa', { user: id }),
      await agent.change('update_user', { tenant, user: id, set: { password: null } }),
      await agent.change('update_user', { tenant, user: id, set: { mfaEnrolled: false } }),
    ]
  },
  holds(answers) {
    expect(answers.map(({ error }) => error?.code)).toEqual([
      ...['protocol', 'protocol'],
      ...['invalid_input', 'invalid_input'],
    ])
    for (const { error } of answers) {
      expect(`${error?.message} ${error?.hint}`).toMatch(/identity provider/)
    }
  },
})

export const idleContractors = request({
  asks: 'Which contractors have not signed in for 90 days?',
  most: { calls: 3, kilobytes: 11, questions: 0 },
  ends: 'The active contractors are listed; when they signed in last is unknown, and nobody is called idle.',
  gap: {
    why: 'none of these apps tells the last sign-in, and nothing searches by it',
    says: /the last sign-in is unknown/,
    closedBy: named(/idle|dormant|sign_?in/),
  },
  told: () => [/unknown|not (tell|show|known|say|possible)|cannot|no .*sign-?in/i],
  async script(agent) {
    const tenants = await agent.tenants('list_users')
    const tenant = tenants.find(({ vendor }) => vendor === 'scim')?.tenant
    const match = { group: 'Contractors', status: 'active' }
    const searched = await agent.call('list_users', {
      tenant,
      match: { ...match, lastSignIn: '90 days ago' },
    })
    return { searched, ...(await agent.allUsers({ tenant, match, limit: 200 })) }
  },
  holds({ searched, accounts, complete }, { scim }) {
    expect(searched.error?.code).toBe('invalid_input')
    const ids = new Set(scim.group('Contractors').members?.map(({ value }) => value))
    const active = scim.users.filter(({ id, active }) => active && ids.has(id))
    expect(complete).toBe(true)
    expect(accounts.map(({ id }) => id).sort()).toEqual(active.map(({ id }) => id).sort())
    expect(accounts.filter(({ lastSignInAt }) => lastSignInAt !== undefined)).toEqual([])
  },
})
