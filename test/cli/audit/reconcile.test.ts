import { expect, test } from 'vitest'
import { reconcile } from '../../../src/cli/audit/reconcile.ts'
import type { AuditEvent } from '../../../src/domain/account.ts'
import type { Logs } from '../../../src/engine/audit.ts'

const TIME = '2026-03-01T12:00:00.000Z'
const SPAN = { since: new Date('2026-03-01T00:00:00Z'), until: new Date('2026-03-02T00:00:00Z') }
const OURS: AuditEvent = {
  id: 'journal-1',
  time: TIME,
  actor: 'local:bot',
  action: 'update account: done (title: Clerk → Judge)',
  target: 'ada@example.com',
  source: 'journal',
}

/** Logs of an app that shows this beside our own change, an hour later and by somebody else. */
const logsWith = (action: string): Logs => {
  const shown = { id: '1', time: TIME, actor: 'our-token', action: 'User updated', target: OURS.target }
  const other = { ...shown, id: '2', time: '2026-03-01T13:00:00.000Z', actor: 'ada@example.com', action }
  const items = [shown, other].map((event) => ({ ...event, source: 'app' as const }))
  return {
    ask: {
      tenants: { get: () => ({ offers: () => true }) },
      one: async () => ({ items, complete: true, leftOut: 0 }),
    },
    own: async () => ({ items: [{ ...OURS, seq: 1 }], more: false, altered: 0 }),
  } as unknown as Logs
}

test.each([
  ['Login Successful', true],
  ['Logout Successful', true],
  ['login_success', true],
  ['Sign-in to Salesforce', true],
  ['Signed in', true],
  ['user.session.start: SUCCESS', true],
  ['user.session.end: SUCCESS', true],
  ['user.authentication.sso: SUCCESS', true],
  ['user.session.clear: SUCCESS', false],
  ['user.account.update_profile: SUCCESS', false],
  ['user.lifecycle.deactivate: SUCCESS', false],
  ['Assigned to group', false],
  ['Catalogue updated', false],
  ['SIGNING_KEY_CHANGED', false],
])('an event "%s" of the same person is a sign-in: %s', async (action, isSignIn) => {
  const { notOurs, shown } = await reconcile('acme', logsWith(action), SPAN, new AbortController().signal)
  expect(shown).toBe(1)
  expect(notOurs.map((event) => event.action)).toEqual(isSignIn ? [] : [action])
})
