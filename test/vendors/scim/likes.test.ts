// @module-tag long

import { expect, test } from 'vitest'
import { parseSettings } from '../../../src/config/settings.ts'
import type { Operations } from '../../../src/domain/operations.ts'
import { openTenants } from '../../../src/engine/tenants.ts'
import { storeLedger } from '../../../src/limits/ledger.ts'
import { makePeople } from '../../../src/sandbox/people.ts'
import { startScimApp } from '../../../src/sandbox/scim-app.ts'
import { AWS_LIKE, ENTRA_LIKE } from '../../../src/sandbox/scim-likes.ts'
import { memoryStore } from '../../../src/store/table-store.ts'
import { vendors } from '../../../src/vendors/index.ts'
import { context } from '../../support/canned.ts'

/** More than a PATCH may have at either. */
const PEOPLE = 130
const BUDGET = { perSecond: 10_000, perMinute: 100_000, reserve: 0 }

interface Row {
  like: Parameters<typeof startScimApp>[0]
  /** What is written of the tenant. */
  known?: object
  /** The most members that a request may have, in operations of which it may have so many. */
  most: { members: number; operations: number }
  /** Whether its limits are not known, so that it refuses what is more. */
  learns?: true
}

const LIKES: Record<string, Row> = {
  'Microsoft Entra ID': {
    like: ENTRA_LIKE,
    known: { clientAuth: 'body' },
    most: { members: 20, operations: 1 },
    learns: true,
  },
  'Microsoft Entra ID, its limits known': {
    like: ENTRA_LIKE,
    known: {
      clientAuth: 'body',
      memberRemoveShape: 'array',
      takes: { membersPerPatch: 20, operationsPerPatch: 1 },
    },
    most: { members: 20, operations: 1 },
  },
  'AWS IAM Identity Center': { like: AWS_LIKE, most: { members: 100, operations: 100 } },
  'AWS IAM Identity Center, known by name': {
    like: AWS_LIKE,
    known: { app: 'aws-identity-center' },
    most: { members: 100, operations: 2 },
  },
}

async function open({ like, known }: Row) {
  const app = await startScimApp({ ...like, people: makePeople(PEOPLE) })
  const { oauth } = app
  const tenant = {
    ...{ vendor: 'scim', url: app.scimUrl, budget: BUDGET, maxRetries: 0 },
    ...(oauth
      ? { tokenUrl: oauth.tokenUrl, clientId: oauth.clientId, tokens: { clientSecret: 'env:TOKEN' } }
      : { tokens: { scim: 'env:TOKEN' } }),
    ...known,
  }
  const token = oauth?.clientSecret ?? app.tokens.scim.value
  const settings = parseSettings({ tenants: { acme: tenant } }, vendors, { TOKEN: token }, 'this test')
  const store = memoryStore()
  const { operations } = openTenants(settings, vendors, { ledger: storeLedger(store), store }).get('acme')
  return {
    app,
    operations: operations as Required<Operations>,
    [Symbol.asyncDispose]: () => app.close(),
  }
}

interface Body {
  Operations: { path: string; value?: unknown[] }[]
}

test.each(Object.entries(LIKES))(
  'a service like that of %s takes more members than a request may have into a group, and out of it',
  async (_, row) => {
    await using world = await open(row)
    const { app, operations } = world
    const { id, displayName: name } = app.group('Sales')
    const before = (app.group('Sales').members ?? []).map(({ value }) => value)
    const others = app.users
      .filter((user) => !before.includes(user.id))
      .map((user) => ({ id: user.id, userName: user.userName }))
    expect(others.length).toBeGreaterThan(100)
    const ask = { group: { id, name }, add: [], remove: [] }
    const members = () => (app.group('Sales').members ?? []).map(({ value }) => value).sort()
    await operations.updateMembers({ ...ask, add: others }, context())
    expect(members()).toEqual([...before, ...others.map((one) => one.id)].sort())
    await operations.updateMembers({ ...ask, remove: others }, context())
    expect(members()).toEqual([...before].sort())
    for (const { body, status } of app.writes.filter((one) => one.status === 200)) {
      const { Operations: sent } = body as Body
      expect({ status, fits: sent.length <= row.most.operations }).toEqual({ status: 200, fits: true })
      const sum = sent.reduce((all, { value }) => all + (value?.length ?? 1), 0)
      expect(sum).toBeLessThanOrEqual(row.most.members)
    }
    if (!row.learns) expect(app.writes.filter(({ status = 0 }) => status >= 400)).toEqual([])
  },
)
