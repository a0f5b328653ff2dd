import { afterEach } from 'vitest'
import type { Arrival, OktaTenant, ScimApp } from '../../src/sandbox/index.ts'
import { shareWorld } from './sharing.ts'
import { openWorld, type World, type WorldOptions } from './world.ts'

export const OKTA = 'acme-okta'
export const SCIM = 'acme-scim'

/** A server with an organisation of Okta, whose settings `more` overrides, and a SCIM app. */
export const openOkta = (more: Record<string, unknown> = {}, options: WorldOptions = {}) =>
  openWorld({
    ...options,
    sandbox: { apps: ['netskope', 'okta', 'scim'], events: 1, ...options.sandbox },
    tenants: (own) => ({
      [OKTA]: { ...own[OKTA], maxRetries: 0, verifyWindowMs: 200, ...more },
      [SCIM]: { ...own[SCIM], verifyWindowMs: 200, deactivateMeans: 'reversible' },
    }),
  })
export const oktaOf = ({ sandbox }: World): OktaTenant => sandbox.tenants[OKTA]

/** One such world for all tests of a file, whose faults end with each test. */
export function shareOkta() {
  const shared = shareWorld(() => openOkta())
  const okta = () => oktaOf(shared())
  afterEach(() => okta().faults.clear())
  let newcomers = 0
  return {
    okta,
    scim: (): ScimApp => shared().sandbox.tenants[SCIM],
    call: (tool: string, input: object) => shared().call(tool, input),
    /** What people were asked so far. */
    asked: () => shared().asked,
    /** Adds somebody to Okta whom no other test uses. */
    newcomer(more: Partial<Parameters<OktaTenant['addUser']>[0]> = {}) {
      newcomers += 1
      const userName = more.userName ?? `newcomer-${newcomers}@example.com`
      const emails = [{ value: userName, primary: true }]
      const name = { familyName: 'New' }
      return okta().addUser({ id: `00u0newcomer${newcomers}`, userName, emails, name, ...more })
    },
  }
}

/** The writes that reach an app from here on: `DELETE /users/00u1/sessions`. */
export function writesSince(app: { writes: readonly Arrival[] }) {
  const before = app.writes.length
  return () => app.writes.slice(before).map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`)
}
