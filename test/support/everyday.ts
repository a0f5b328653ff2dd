import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SandboxApp, startSandbox } from '../../src/sandbox/index.ts'
import { makePeople } from '../../src/sandbox/people.ts'
import { connect } from './clients.ts'
import { startProgram } from './program.ts'
import { PEOPLE, type ToolAnswer } from './world.ts'

/** One way in which an app is connected. */
interface Connection {
  app: SandboxApp
  /** Default: all tokens of the app. */
  token?: 'scim' | 'accessKey'
  restDialect?: 'services' | 'users'
  /** Default: that of the vendor. */
  pageSize?: number | undefined
  /** Default: the people of the sandbox. */
  people?: number
}

const CONNECTIONS = {
  Netskope: { app: 'netskope' },
  'Gainsight SCIM': { app: 'gainsight', token: 'scim' },
  'Gainsight REST services': { app: 'gainsight', token: 'accessKey', restDialect: 'services' },
  // This API cannot search: the first look-up reads three pages here, as many as 2,500 users fill at the default size.
  'Gainsight REST users': { app: 'gainsight', token: 'accessKey', restDialect: 'users', pageSize: 100 },
  Mindtickle: { app: 'mindtickle' },
  SCIM: { app: 'scim' },
  Okta: { app: 'okta' },
  'Entra ID': { app: 'entra' },
  'Google Workspace': { app: 'google' },
} as const satisfies Record<string, Connection>
export type ConnectionName = keyof typeof CONNECTIONS
export const CONNECTION_NAMES = Object.keys(CONNECTIONS) as readonly ConnectionName[] // the object literal names its keys

const UNLIMITED = 1_000_000

/** A simulated app, and servers for it alone, whose requests are counted. */
async function openConnection({ app, token, restDialect, pageSize, people }: Connection) {
  const name = `acme-${app}` as const
  const sandbox = await startSandbox<SandboxApp>({
    apps: [app],
    perMinute: UNLIMITED,
    gainsight: {
      limits: {},
      ...(restDialect && { restDialects: [restDialect] }),
      ...(people && { people: makePeople(people) }),
    },
  })
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-'))
  const config = join(folder, 'identity-mcp.json')
  const { tokens, ...tenant } = sandbox.settings.tenants[name]
  const tenants = {
    [name]: {
      ...tenant,
      tokens: token ? { [token]: tokens[token] } : tokens,
      budget: { perMinute: UNLIMITED },
      ...(pageSize && { pageSize }),
      // Else a deactivation here needs the approval of a deletion.
      ...(app === 'scim' && { deactivateMeans: 'reversible' }),
    },
  }
  const { arrivals, user } = sandbox.tenants[name]
  const closing: (() => Promise<void>)[] = []

  return {
    tenant: name,
    id: user(ADA).id,
    /** The methods of the requests since the last time, in order. */
    spent: () => arrivals.splice(0).map(({ method }) => method),
    /** Calls tools of another server, where a person gives this answer to every question; without one, none is asked. */
    async open(answer: Task['answer']) {
      const confirm = { removes: answer ? 'ask' : 'none', gives: 'none' }
      writeFileSync(config, JSON.stringify({ tenants, confirm, dataDir: join(folder, 'data') }))
      const env = { PATH: process.env.PATH ?? '', HOME: folder, ...sandbox.env }
      const server = startProgram(['--config', config], { env })
      const client = await connect('modern', server, 'counting-client', { person: answer && PEOPLE[answer] })
      closing.push(client.close)
      return async (tool: string, args: unknown): Promise<ToolAnswer> => {
        const { content } = await client.callTool(tool, args)
        return JSON.parse(content?.[0]?.text ?? 'null')
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(closing.map((close) => close()))
      await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const ADA = 'ada@example.com'
const reason = 'left the company'
const members = { group: 'Contractors', reason }

interface Scene extends Connection {
  tenant: string
  /** Ada's. */
  id: string
  /** The last change that can be undone. */
  change?: unknown
}

/** A call, and whether its answer is the intended one: a failure can spend less. */
interface Task {
  tool: string
  args: (scene: Scene) => Record<string, unknown>
  isDone: (answer: ToolAnswer) => boolean
  answer?: 'accept' | 'decline'
}

const isFound = ({ complete, people }: ToolAnswer) => complete === true && String(people) !== ''
const isChanged = ({ status }: ToolAnswer) => status === 'done'
const onAda = ({ tenant }: Scene) => ({ user: ADA, tenants: [tenant], reason })
const newcomer = ({ tenant, restDialect }: Scene) => ({
  tenant,
  email: 'new.person@example.com',
  givenName: 'New',
  familyName: 'Person',
  attributes: {
    ...(restDialect === 'users' && { role: 'CSM' }),
    // This API knows no external ids.
    ...(restDialect !== 'services' && { externalId: 'idp-new' }),
  },
})

const TASKS = {
  'Find a person, the first time': { tool: 'find_user', args: () => ({ user: ADA }), isDone: isFound },
  'Find a person': { tool: 'find_user', args: () => ({ user: ADA }), isDone: isFound },
  'Find a person by id': { tool: 'find_user', args: ({ id }) => ({ user: id }), isDone: isFound },
  'Find nobody': {
    tool: 'find_user',
    args: () => ({ user: 'nobody@example.com' }),
    isDone: ({ complete, people }) => complete === true && String(people) === '',
  },
  Deactivate: { tool: 'deactivate_user', args: onAda, isDone: isChanged },
  'Undo a deactivation': {
    tool: 'undo_change',
    args: ({ change }) => ({ change, reason }),
    // Sessions that an identity provider ended stay ended.
    isDone: ({ results }) => JSON.stringify(results).includes('"restored"'),
  },
  'Deactivate, with a declined form': {
    tool: 'deactivate_user',
    args: onAda,
    isDone: ({ error }) => error?.code === 'declined',
    answer: 'decline',
  },
  'Deactivate, with a confirmed form': {
    tool: 'deactivate_user',
    args: onAda,
    isDone: isChanged,
    answer: 'accept',
  },
  'Deactivate an inactive account': {
    tool: 'deactivate_user',
    args: onAda,
    isDone: ({ status }) => status === 'unchanged',
  },
  Reactivate: { tool: 'reactivate_user', args: onAda, isDone: isChanged },
  'Create an account': { tool: 'create_user', args: newcomer, isDone: isChanged },
  'Create one that exists': {
    tool: 'create_user',
    args: newcomer,
    isDone: ({ outcome }) => outcome === 'already_exists',
  },
  'Update a title, or a name where there are no titles': {
    tool: 'update_user',
    args: ({ tenant, app }) => ({
      tenant,
      user: ADA,
      set: app === 'gainsight' || app === 'scim' ? { title: 'Lead' } : { familyName: 'King' },
    }),
    isDone: isChanged,
  },
  'Add a member': {
    tool: 'update_group_members',
    args: ({ tenant }) => ({ tenant, ...members, add: [ADA] }),
    isDone: isChanged,
  },
  'Remove a member': {
    tool: 'update_group_members',
    args: ({ tenant }) => ({ tenant, ...members, remove: [ADA] }),
    isDone: isChanged,
  },
  'List the members of a group': {
    tool: 'list_groups',
    args: ({ tenant }) => ({ tenant, group: members.group }),
    isDone: ({ groups }) => String(groups) !== '',
  },
  'Audit of a day': {
    tool: 'pull_audit',
    args: ({ tenant }) => ({ tenant }),
    isDone: ({ events }) => String(events) !== '',
  },
  'Check the tokens': {
    tool: 'check_token',
    args: ({ tenant }) => ({ tenant }),
    isDone: ({ checks }) => String(checks) !== '',
  },
} satisfies Record<string, Task>
type TaskName = keyof typeof TASKS
export const TASK_NAMES = Object.keys(TASKS) as readonly TaskName[] // likewise

// What an app does not offer at all; and what would end sessions at Entra ID again within the second in which it tells
// that they were.
const none = undefined

/** The requests that each task may spend, by connection in the order of `CONNECTIONS`. */
const GOALS: Readonly<Record<TaskName, readonly (number | undefined)[]>> = {
  // One record tells whether lists of an app over SCIM hide what people are looked up by.
  'Find a person, the first time': [4, 5, 3, 5, 4, 4, 2, 8, 4],
  'Find a person': [1, 1, 1, 1, 1, 1, 2, 7, 3],
  // Short ids such as Mindtickle's can be names as well.
  'Find a person by id': [1, 1, 1, 1, 2, 1, 2, 7, 2],
  'Find nobody': [1, 1, 1, 1, 1, 1, 2, 2, 3],
  // A look-up, the record by its id, the write, and the record again.
  Deactivate: [4, 4, 4, 5, 4, 4, 12, 23, 26],
  'Undo a deactivation': [3, 3, 3, 4, 3, 3, 8, 12, 8],
  'Deactivate, with a declined form': [2, 2, 2, 2, 2, 2, 5, 14, 12],
  // The accounts are looked up and read again after the yes.
  'Deactivate, with a confirmed form': [6, 6, 6, 7, 6, 6, 17, none, 32],
  'Deactivate an inactive account': [2, 2, 2, 2, 2, 2, 5, none, 6],
  Reactivate: [4, 4, 4, 5, 4, 4, 10, none, 11],
  // An app of which nothing is known is asked for its schemas, once a day.
  'Create an account': [3, 3, 4, 3, 3, 4, 7, 10, 10],
  'Create one that exists': [1, 1, 1, 2, 1, 1, 3, 8, 4],
  // Mindtickle does not apply a PATCH of a name, which is found out here.
  'Update a title, or a name where there are no titles': [4, 4, 5, 5, 7, 4, 10, 19, 11],
  'Add a member': [7, 6, none, none, none, 6, 15, 19, 12],
  'Remove a member': [7, 6, none, none, none, 6, 15, 19, 11],
  'List the members of a group': [2, 2, none, none, none, 2, 2, 2, 2],
  'Audit of a day': [1, none, none, none, none, none, 1, 3, 4],
  // What the app says of itself is read, too.
  'Check the tokens': [6, 2, 1, 1, 3, 3, 4, 7, 6],
}

export const goalOf = (task: TaskName, name: ConnectionName): number | undefined =>
  GOALS[task][CONNECTION_NAMES.indexOf(name)]

/**
 * Runs the tasks that the app offers, in their order, on servers that are new to it: each finds what the ones before it
 * left. Answers with the methods of the requests of each.
 */
export async function requestsOf(name: ConnectionName): Promise<Partial<Record<TaskName, string[]>>> {
  const connection: Connection = CONNECTIONS[name]
  await using at = await openConnection(connection)
  const servers = new Map<Task['answer'], Awaited<ReturnType<typeof at.open>>>()
  const spent: Partial<Record<TaskName, string[]>> = {}
  let change: unknown
  for (const task of TASK_NAMES) {
    if (goalOf(task, name) === undefined) continue
    const { tool, args, isDone, answer: given }: Task = TASKS[task]
    const call = servers.get(given) ?? (await at.open(given))
    servers.set(given, call)
    const answer = await call(tool, args({ ...connection, tenant: at.tenant, id: at.id, change }))
    if (!isDone(answer)) throw new Error(`${name}, ${task}: ${JSON.stringify(answer)}`)
    change = answer.change ?? change
    spent[task] = at.spent()
  }
  return spent
}

/** Lists everybody at Gainsight, as many in each call as the tool allows: how many, and by how many requests. */
export async function requestsToList(name: ConnectionName, people: number) {
  await using at = await openConnection({ ...CONNECTIONS[name], pageSize: undefined, people })
  const call = await at.open(undefined)
  let listed = 0
  let cursor: unknown
  do {
    const answer = await call('list_users', { tenant: at.tenant, limit: 200, ...(cursor ? { cursor } : {}) })
    if (!Array.isArray(answer.accounts)) throw new Error(`${name}: ${JSON.stringify(answer)}`)
    listed += answer.accounts.length
    cursor = answer.nextCursor
  } while (cursor)
  return { listed, requests: at.spent().length }
}
