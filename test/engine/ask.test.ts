import { expect, test } from 'vitest'
import { askFor } from '../../src/engine/ask.ts'
import type { Tenant, Tenants } from '../../src/engine/tenants.ts'
import { account } from '../support/call.ts'
import { context } from '../support/canned.ts'

const tenant = (name: string, findAccounts: () => Promise<unknown>) =>
  ({ name, vendor: { title: name }, operations: { findAccounts }, offers: () => true }) as unknown as Tenant // all that is used of it

test('what goes wrong on our side at one tenant is logged, and spoils no answer about another', async () => {
  const all = [
    tenant('good', async () => ({ accounts: [account({ id: '1' })] })),
    tenant('odd', async () => {
      throw new TypeError('cannot read properties of null')
    }),
  ]
  const tenants = {
    offering: () => all,
    get: (name: string) => all.find((one) => one.name === name),
  } as unknown as Tenants // all that is used of it
  const logged: unknown[] = []
  const ask = askFor(tenants, context(), { error: (message, about) => logged.push({ message, ...about }) })
  const answers = await ask.each('findAccounts', undefined, { user: 'ada' })
  expect(answers).toMatchObject([
    { tenant: { name: 'good' }, answer: { accounts: [{ id: '1' }] } },
    { tenant: { name: 'odd' }, error: { code: 'internal', message: 'Something went wrong on our side.' } },
  ])
  expect(logged).toMatchObject([{ tenant: 'odd', error: { name: 'TypeError' } }])
})
