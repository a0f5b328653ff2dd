import { expect } from 'vitest'
import { leaver } from './changes.ts'
import type { Apps } from './desk.ts'
import { request } from './request.ts'

const WEEK = 7 * 24 * 60 * 60 * 1000

export const cannotSignIn = request({
  asks: 'Ivan Park cannot log into Netskope. Why?',
  most: { calls: 2, kilobytes: 5, questions: 0 },
  ends: 'Told app by app: the account is active, what was done to it, what no app tells, and where to look.',
  told: () => ['active'],
  async script(agent) {
    const tenants = await agent.tenants('explain_access')
    const tenant = tenants.find(({ vendor }) => vendor === 'netskope')?.tenant
    return agent.call('explain_access', { user: 'Ivan Park', tenants: [tenant] })
  },
  holds({ people = [], unknown, complete }) {
    expect(people).toHaveLength(1)
    expect(people[0]?.facts).toMatchObject([{ status: 'active', changes: expect.any(Array) }])
    expect(unknown).toContainEqual(expect.objectContaining({ what: expect.stringContaining('sessions') }))
    expect(complete).toBe(false)
  },
})

export const newAdmins = request({
  asks: 'Who was made an administrator last week?',
  most: { calls: 5, kilobytes: 7, questions: 0 },
  ends: 'Read from the one log that there is; the other apps have none, and each answer says so.',
  async script(agent) {
    const since = new Date(Date.now() - WEEK).toISOString()
    const logs = []
    for (const { tenant } of await agent.tenants('pull_audit')) {
      logs.push({ tenant, ...(await agent.call('pull_audit', { tenant, action: 'admin', since })) })
    }
    return logs
  },
  holds(logs) {
    const [netskope, ...others] = logs
    expect(netskope?.events?.length).toBeGreaterThan(0)
    expect(netskope?.events?.map(({ action }) => action)).toSatisfy((actions: string[]) =>
      actions.every((action) => action === 'Edit Admin'),
    )
    expect(others).toHaveLength(3)
    for (const { complete, note } of others) {
      expect({ complete, note }).toEqual({ complete: false, note: expect.stringContaining('has no log') })
    }
  },
})

export const brokenIntegration = request({
  asks: 'Our Netskope integration says 403. What is wrong?',
  most: { calls: 2, kilobytes: 3.5, questions: 0 },
  ends: 'The token, what it lacks, and where a right one is made.',
  arrange({ netskope }) {
    const { rest } = netskope.tokens
    const { grants } = rest
    rest.grants = {}
    return () => {
      rest.grants = grants
    }
  },
  told: () => ['token'],
  async script(agent) {
    const tenants = await agent.tenants('check_token')
    const tenant = tenants.find(({ vendor }) => vendor === 'netskope')?.tenant
    return (await agent.call('check_token', { tenant })).checks ?? []
  },
  holds(checks) {
    expect(checks.filter(({ verdict }) => verdict !== 'ok')).toMatchObject([
      { token: 'rest', verdict: 'missing_grant' },
    ])
    const lacking = checks.flatMap(({ surfaces }) => surfaces).filter(({ hint }) => hint !== undefined)
    expect(lacking.length).toBeGreaterThan(0)
  },
})

export const goneAtTheSource = request({
  asks: 'Who still has an active account in Gainsight, though gone at our identity provider?',
  most: { calls: 4, kilobytes: 16, questions: 0 },
  ends: 'Compared with the source (here the app that speaks SCIM): counts first, then who has left.',
  async script(agent) {
    const tenants = await agent.tenants('compare_users')
    const named = (wanted: string) => tenants.find(({ vendor }) => vendor === wanted)?.tenant
    const ask = { truth: named('scim'), tenants: [named('gainsight')] }
    const compared = await agent.call('compare_users', ask)
    const { comparisonId } = compared
    const rows = []
    let cursor: string | undefined
    do {
      const asked = { comparisonId, kind: 'stale', ...(cursor && { cursor }) }
      const page = await agent.call('compare_users', asked)
      rows.push(...(page.rows ?? []))
      cursor = page.nextCursor
    } while (cursor)
    return { compared, rows }
  },
  holds({ compared, rows }, { gainsight, scim }) {
    const named = (text: string | undefined) => text?.toLowerCase()
    const hasLeft = ({ userName, externalId }: { userName: string; externalId?: string }) =>
      scim.users.some(
        (one) =>
          one.active === false && (one.externalId === externalId || named(one.userName) === named(userName)),
      )
    const left = gainsight.users.filter((user) => user.active !== false && hasLeft(user))
    expect(left.length).toBeGreaterThan(0)
    expect(compared).toMatchObject({ complete: true, counts: [{ stale: left.length }] })
    expect(rows.map(({ person }) => named(person)).sort()).toEqual(
      left.map(({ emails }) => named(emails?.[0]?.value)).sort(),
    )
  },
})

export const allAdmins = request({
  asks: 'Who are the administrators of all our apps?',
  most: { calls: 5, kilobytes: 3.5, questions: 0 },
  ends: 'Two in Gainsight; the other apps do not tell, which is said instead of “nobody”.',
  told: () => ['grace', 'breakglass', /not (tell|say|show|report|known)|unknown|cannot|could not/i],
  async script(agent) {
    const answers = []
    for (const { tenant, vendor } of await agent.tenants('list_users')) {
      answers.push({ vendor, ...(await agent.call('list_users', { tenant, match: { admin: true } })) })
    }
    return answers
  },
  holds(answers) {
    for (const { vendor, accounts = [], complete, note } of answers) {
      expect({ vendor, names: accounts.map(({ userName }) => userName), complete, note }).toEqual(
        vendor === 'gainsight'
          ? { vendor, names: ['grace@example.com', 'breakglass@example.com'], complete: true }
          : { vendor, names: [], complete: false, note: expect.stringContaining('not tell') },
      )
    }
  },
})

const withFullLicence = ({ users }: Pick<Apps['gainsight'], 'users'>) =>
  users.filter((user) => JSON.stringify(user).includes('"LicenseType":"Full"'))

export const fullLicences = request({
  asks: 'How many Full licences do we use in Gainsight?',
  most: { calls: 2, kilobytes: 21, questions: 0 },
  ends: 'Counted from the rows, which were read to the end.',
  told: ({ gainsight }) => [String(withFullLicence(gainsight).length)],
  async script(agent) {
    const tenants = await agent.tenants('list_users')
    const tenant = tenants.find(({ vendor }) => vendor === 'gainsight')?.tenant
    return agent.allUsers({ tenant, match: { licence: 'Full' }, limit: 200 })
  },
  holds({ accounts, complete }, { gainsight }) {
    const full = withFullLicence(gainsight)
    expect(complete).toBe(true)
    expect(accounts.map(({ userName }) => userName).sort()).toEqual(
      full.map(({ userName }) => userName).sort(),
    )
  },
})

export const whoDidThat = request({
  asks: 'Who deactivated Katherine in Netskope?',
  follows: leaver,
  most: { calls: 2, kilobytes: 3.5, questions: 0 },
  ends: 'What this server did, for whom and with which call, beside the log of the app.',
  async script(agent) {
    const [account] = (await agent.accountsOf('Katherine')).filter(({ tenant }) =>
      tenant.includes('netskope'),
    )
    return (await agent.call('pull_audit', { tenant: account?.tenant, user: account?.email })).events ?? []
  },
  holds(events) {
    const own = events.filter(({ source }) => source === 'journal')
    expect(own).toEqual([
      expect.objectContaining({
        action: expect.stringMatching(/deactivat/i),
        target: expect.stringMatching(/katherine/i),
        change: expect.any(String),
      }),
    ])
    expect(events.filter(({ source }) => source === 'app').length).toBeGreaterThan(0)
  },
})

const groupsOf = ({ groups, user }: Pick<Apps['scim'], 'groups' | 'user'>, name: string): string[] =>
  groups
    .filter(({ members = [] }) => members.some(({ value }) => value === user(name).id))
    .map(({ displayName }) => displayName)

export const whatDoesShe = request({
  asks: 'Which apps and groups does Priya Weber have?',
  most: { calls: 1, kilobytes: 2.5, questions: 0 },
  ends: 'All four apps; groups where the app tells them, and unknown where it does not.',
  told: ({ scim }) => groupsOf(scim, 'priya.weber@example.com'),
  script: (agent) => agent.accountsOf('Priya Weber'),
  holds(accounts, { scim }) {
    expect(accounts).toHaveLength(4)
    const groups = groupsOf(scim, 'priya.weber@example.com')
    for (const account of accounts) {
      expect(account.groups).toEqual(account.tenant === 'acme-scim' ? groups : undefined)
    }
  },
})
