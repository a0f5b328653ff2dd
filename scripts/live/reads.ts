import type { ToolAnswer } from '../../test/support/world.ts'

export type Call = (tool: string, args: object) => Promise<ToolAnswer>
/** The answer of a check, or an error that says what is wrong. */
export type Check = (what: string, run: () => Promise<string | undefined>) => Promise<boolean>

export interface Trying {
  tenant: string
  call: Call
  check: Check
}

interface Row {
  id: string
  userName: string
}

/** Throws the error of an answer, which never holds an app's text; else the answer. */
export function mustWork(answer: ToolAnswer): ToolAnswer {
  const { error } = answer
  if (error) throw new Error(`${error.code}: ${error.message}`)
  return answer
}

/** Tries what reads: tokens, a list, a look-up of somebody on it, one of nobody, groups and the log. */
export async function readChecks({ tenant, call, check }: Trying): Promise<void> {
  const { tenants } = (await call('list_tenants', {})) as unknown as { tenants: { can?: string[] }[] }
  const can = tenants[0]?.can ?? []
  const offered = (tool: string, what: string, run: () => Promise<void>) =>
    check(what, async () => {
      if (!can.includes(tool)) return 'not offered'
      await run()
      return undefined
    })
  let first: Row | undefined

  await offered('check_token', 'the tokens can do what the settings need them for', async () => {
    const { checks } = mustWork(await call('check_token', { tenant })) as unknown as {
      checks: { token: string; verdict: string }[]
    }
    const wrong = checks.filter(({ verdict }) => verdict !== 'ok')
    if (wrong.length > 0)
      throw new Error(wrong.map(({ token, verdict }) => `${token} is ${verdict}`).join(', '))
  })
  await offered('list_users', 'users are listed', async () => {
    const { accounts } = mustWork(await call('list_users', { tenant, limit: 5 })) as unknown as {
      accounts: Row[]
    }
    first = accounts[0]
    if (!first) throw new Error('the list is empty')
  })
  await offered('find_user', 'somebody on the list is found by the user name, with the same id', async () => {
    if (!first) throw new Error('there was nobody on the list')
    const { people } = mustWork(await call('find_user', { user: first.userName })) as unknown as {
      people: { accounts: Row[] }[]
    }
    const ids = people.flatMap(({ accounts }) => accounts.map(({ id }) => id))
    if (!ids.includes(first.id)) throw new Error(`found ${ids.length} accounts, none with that id`)
  })
  await offered('find_user', 'nobody is found under an address that nobody has', async () => {
    const user = `identity-mcp-nobody-${crypto.randomUUID()}@example.com`
    const { people, complete } = mustWork(await call('find_user', { user }))
    if ((people as unknown[]).length > 0) throw new Error('somebody was found')
    if (complete !== true) throw new Error('the answer is not complete')
  })
  await offered('list_groups', 'groups are listed', async () => {
    mustWork(await call('list_groups', { tenant, limit: 5 }))
  })
  await offered('pull_audit', 'the log of the last day is read', async () => {
    mustWork(await call('pull_audit', { tenant, limit: 5 }))
  })
}
