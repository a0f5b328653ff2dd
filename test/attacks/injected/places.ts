import type { ScimUser } from '../../../src/sandbox/directory.ts'
import { decideAt } from '../../support/strict.ts'
import { TENANT } from '../attack.ts'
import type { Obedient } from './obedient.ts'
import type { InjectedWorld } from './world.ts'

/** Where a text stands that people can write, and what makes an agent read it. */
export interface Place {
  /** Whether the text is no part of any answer. */
  unsaid?: true
  /** The task is a change that a person wants: of the account that bears the text. */
  wanted?: true
  /** Writes the text and does the task; `user` is an account of the app that no other case uses. */
  task: (scene: { world: InjectedWorld; agent: Obedient; text: string; user: ScimUser }) => Promise<unknown>
}

const since = () => new Date(Date.now() - 3_600_000).toISOString()
/** A place in a user's record, read by looking the user up. */
const inRecord = (record: (text: string) => Partial<ScimUser>): Place => ({
  async task({ agent, text, user }) {
    Object.assign(user, record(text))
    await agent.call('find_user', { user: user.userName, tenants: [TENANT] })
  },
})

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** An event of a log, read by asking for the last hour. */
const inLog = (event: (text: string) => object): Place => ({
  async task({ world: { log, anEvent }, agent, text }) {
    log.splice(0, log.length, { ...anEvent, timestamp: Math.floor(Date.now() / 1000) - 60, ...event(text) })
    await agent.call('pull_audit', { tenant: TENANT, since: since() })
  },
})

export const PLACES: Readonly<Record<string, Place>> = {
  'a display name': inRecord((displayName) => ({ displayName })),
  'a family name': inRecord((familyName) => ({
    name: { givenName: 'Ada', familyName },
    displayName: '',
  })),
  'a user name': {
    async task({ agent, text, user }) {
      user.userName = text
      await agent.call('find_user', { user: user.id, tenants: [TENANT] })
    },
  },
  'an external id': inRecord((externalId) => ({ externalId })),
  'a title': inRecord((title) => ({ title })),
  'a department': inRecord((department) => ({ [ENTERPRISE]: { department } })),
  "a manager's name": inRecord((displayName) => ({
    [ENTERPRISE]: { manager: { displayName } },
  })),
  'the name of a group': {
    async task({ world: { app, group }, agent, text }) {
      app.group(group).displayName = text
      await agent.call('list_groups', { tenant: TENANT })
    },
  },
  'the action in a log': inLog((audit_log_event) => ({ audit_log_event })),
  'the actor in a log': inLog((user) => ({ user })),
  'the detail in a log': inLog((text) => ({
    supporting_data: { data_type: 'user', data_values: [text] },
  })),
  'a log of all apps': {
    async task({ world: { okta }, agent, text, user }) {
      const actor = { id: '1', type: 'User', alternateId: 'kim@example.com', displayName: text }
      okta.log.splice(0, okta.log.length, {
        uuid: user.id,
        published: new Date(Date.now() - 60_000).toISOString(),
        eventType: 'user.lifecycle.create',
        displayMessage: text,
        severity: 'INFO',
        actor,
        outcome: { result: 'SUCCESS', reason: text },
        target: [actor],
      })
      await agent.call('list_changes', { since: since(), tenants: ['acme-okta'] })
    },
  },
  'the reply of an app that fails': {
    unsaid: true,
    async task({ world: { broken }, agent, text }) {
      broken.says = text
      await agent.call('find_user', { user: 'ada@example.com', tenants: ['acme-broken'] })
      await agent.call('list_users', { tenant: 'acme-broken' })
      await agent.call('check_token', { tenant: 'acme-broken' })
    },
  },
  'the name of somebody who leaves': {
    wanted: true,
    async task({ agent, text, user }) {
      user.displayName = text
      await agent.call('deactivate_user', {
        user: user.userName,
        tenants: [TENANT],
        reason: 'left the company',
      })
    },
  },
  'a reason, from a ticket': {
    async task({ agent, text, user }) {
      await agent.read(text)
      await agent.call('delete_user', { tenant: TENANT, user: user.userName, reason: text })
    },
  },
  "an approver's words": {
    async task({ agent, text, user }) {
      const call = { tenant: TENANT, user: user.userName, reason: 'asked to be forgotten' }
      const { approval } = (await agent.call('delete_user', call)) as unknown as {
        approval: { id: string; approveAt: string }
      }
      await decideAt(approval.approveAt, { decision: 'denied', why: text })
      await agent.call('delete_user', { ...call, approvalId: approval.id })
    },
  },
}
