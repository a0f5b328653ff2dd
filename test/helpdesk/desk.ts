import { startScimApp } from '../../src/sandbox/scim-app.ts'
import { addApprovers } from '../support/approvers.ts'
import { openWorld } from '../support/world.ts'

/** Thirty requests in a minute are more than the apps allow; how they are paced is tested elsewhere. */
const BUDGET = { perMinute: 3_000, perHour: 90_000, perDay: 900_000 }

/** A company's helpdesk: four apps, a server with its default settings, a client, and Grace, who approves. */
export async function openDesk() {
  const scim = await startScimApp()
  const world = await openWorld({
    sandbox: BUDGET,
    tenants: (own) => ({
      ...Object.fromEntries(
        Object.entries(own).map(([name, settings]) => [name, { ...settings, budget: BUDGET }]),
      ),
      'acme-scim': {
        vendor: 'scim',
        url: scim.scimUrl,
        tokens: { scim: 'env:HELPDESK_SCIM' },
        budget: BUDGET,
        deactivateMeans: 'reversible',
      },
    }),
    env: { HELPDESK_SCIM: scim.tokens.scim.value },
  })
  await addApprovers(world, 'grace')
  const { tenants } = world.sandbox
  const apps = {
    netskope: tenants['acme-netskope'],
    gainsight: tenants['acme-gainsight'],
    mindtickle: tenants['acme-mindtickle'],
    scim,
  }
  return {
    apps,
    client: world.client,
    asked: world.asked,
    /** All accounts and groups of all apps, each as text under its app and name. */
    snapshot: () =>
      new Map(
        Object.entries(apps).flatMap(([app, { users, groups }]) => [
          ...users.map((user) => [`${app}: ${user.userName.toLowerCase()}`, JSON.stringify(user)] as const),
          ...groups.map((group) => [`${app}: group ${group.displayName}`, JSON.stringify(group)] as const),
        ]),
      ),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await scim.close()
    },
  }
}

export type Desk = Awaited<ReturnType<typeof openDesk>>
export type Apps = Desk['apps']
type Snapshot = ReturnType<Desk['snapshot']>

/** The accounts and groups that differ, in order. */
export const changedBetween = (before: Snapshot, after: Snapshot): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key)).sort()
