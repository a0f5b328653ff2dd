import { mustWork, type Trying } from './reads.ts'
import { whyNotOurs } from './rules.ts'

interface Account {
  id: string
  userName: string
  email?: string
  status: string
  admin?: boolean
  groups?: string[]
}

/**
 * Makes one account of its own, changes it in each way, and removes it, or leaves it inactive where the app deletes nothing.
 * An account that is there already is a remainder of an earlier run, or else nothing is written.
 */
export async function writeChecks({ tenant, user, call, check }: Trying & { user: string }): Promise<void> {
  const reason = 'a live test of identity-mcp'
  const found = async (): Promise<Account[]> => {
    const answer = mustWork(await call('find_user', { user, tenants: [tenant] }))
    if (answer.complete !== true) throw new Error('whether the account is there cannot be told')
    return (answer.people as { accounts: Account[] }[]).flatMap(({ accounts }) => accounts)
  }
  const isFree = await check('the account of this test is nobody’s', async () => {
    for (const account of await found()) {
      const why = whyNotOurs(account)
      if (why !== undefined) throw new Error(`the address is taken, and ${why}`)
    }
    return undefined
  })
  if (!isFree) return

  const change = async (tool: string, args: object, status: 'active' | 'inactive'): Promise<undefined> => {
    const answer = mustWork(await call(tool, args))
    if (answer.status !== 'done' && answer.status !== 'unchanged')
      throw new Error(`ended as ${answer.status}`)
    const [account, ...more] = await found()
    if (!account || more.length > 0)
      throw new Error(`${more.length + (account ? 1 : 0)} accounts have the address`)
    if (account.status !== status) throw new Error(`the account is ${account.status} afterwards`)
  }
  const switched = { user, tenants: [tenant], reason }
  const names = { givenName: 'Identity-MCP', familyName: 'Live Test' }
  try {
    const isMade =
      (await check('an account is made', async () => {
        if ((await found()).length > 0) return 'it is there from an earlier run'
        return change('create_user', { tenant, email: user, ...names }, 'active')
      })) && (await found()).length === 1
    if (!isMade) return
    await check('it is reactivated, or active', () => change('reactivate_user', switched, 'active'))
    await check('its name is changed', () =>
      change(
        'update_user',
        { tenant, user, set: { familyName: `Live Test ${new Date().getUTCMinutes()}` } },
        'active',
      ),
    )
    await check('it is deactivated', () => change('deactivate_user', switched, 'inactive'))
    await check('it is reactivated', () => change('reactivate_user', switched, 'active'))
  } finally {
    await check('it is removed', () => remove())
  }

  async function remove(): Promise<string | undefined> {
    if ((await found()).length === 0) return undefined
    const answer = await call('delete_user', { tenant, user, reason })
    if (!answer.error && (await found()).length === 0) return undefined
    mustWork(await call('deactivate_user', switched))
    const [left] = await found()
    if (left && left.status !== 'inactive')
      throw new Error('it is still active: remove it in the console of the app')
    return left ? 'it was not deleted; it is left inactive' : undefined
  }
}
