import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Io } from '../../app/io.ts'
import { type Sandbox, startSandbox } from '../../sandbox/index.ts'
import { type Agent, connect, type Person } from './agent.ts'

/** As much of a sandbox as every act needs: the tenant of Netskope, and how to reach it. */
export interface Apps {
  tenants: Sandbox<'netskope'>['tenants']
  settings: Sandbox<'netskope'>['settings']
  tokens: Sandbox<'netskope'>['tokens']
  env: Record<string, string>
  close(): Promise<void>
}

/** A folder with settings and data, as everybody has who uses this program. */
export interface Home<Some extends Apps = Apps> {
  folder: string
  sandbox: Some
}

/** What the story happens in: simulated apps, servers in processes of their own, agents, a terminal. */
export interface World {
  /** Where most of the story happens, with all three apps. */
  home: Home<Sandbox>
  /** An agent there whose person can be asked. */
  agent: Agent
  /** What that person was asked so far. */
  asked: readonly string[]
  /** All that was started so far. */
  sandboxes: readonly Apps[]
  /** Starts one more tenant of Netskope. */
  startSandbox(): Promise<Apps>
  makeHome<Some extends Apps>(name: string, sandbox: Some, settings?: Record<string, unknown>): Home<Some>
  connect(home: Home, name: string, person?: Person): Promise<Agent>
  /** What a person does in a terminal, `input` being their standard input. */
  type(home: Home, words: readonly string[], input?: string): Promise<Typed>
}

interface Typed {
  command: string
  code: unknown
  output: string
}

/** Lets `work` happen in a world of its own, of which nothing is left afterwards, however it ends. */
export async function inWorld<Result>(
  io: Io,
  { person, until }: { person: Person; until: AbortSignal },
  work: (world: World) => Promise<Result>,
): Promise<Result> {
  const ends: (() => unknown)[] = []
  let over = false
  const own = (end: () => unknown) => (over ? end() : ends.push(end))
  const left = new Promise<never>((_, reject) => {
    until.addEventListener('abort', () => reject(until.reason), { once: true })
  })
  const begin = async () => {
    const root = mkdtempSync(join(tmpdir(), 'identity-mcp-demo-'))
    own(() => removeForGood(root))
    const parts = partsOf(io, root, until, own)
    const home = parts.makeHome('home', await parts.started(startSandbox()))
    const asked: string[] = []
    const agent = await parts.connect(home, 'helpdesk-agent', (question) => {
      asked.push(question.message)
      return person(question)
    })
    return work({ ...parts, home, agent, asked })
  }
  try {
    return await Promise.race([begin(), left])
  } finally {
    over = true
    // Whatever fails to end, the rest of it still has to.
    for (const end of ends.reverse())
      await Promise.resolve()
        .then(end)
        .catch(() => undefined)
  }
}

interface Parts extends Omit<World, 'home' | 'agent' | 'asked'> {
  /** Sees to it that a sandbox ends with the story. */
  started<Some extends Apps>(starting: Promise<Some>): Promise<Some>
}

/** `own` is told how to end what was begun. */
function partsOf(
  { script, env, stderr }: Io,
  root: string,
  until: AbortSignal,
  own: (end: () => unknown) => void,
): Parts {
  const sandboxes: Apps[] = []
  // Its name is that of the installed program, so that its texts say what a person would type.
  const program = join(root, 'identity-mcp')
  writeFileSync(program, `import(${JSON.stringify(pathToFileURL(script.main).href)})\n`)

  const started: Parts['started'] = async (starting) => {
    const sandbox = await starting
    own(() => sandbox.close())
    sandboxes.push(sandbox)
    return sandbox
  }

  return {
    sandboxes,
    started,
    startSandbox: () => started(startSandbox({ apps: ['netskope'] })),
    makeHome(name, sandbox, settings = {}) {
      const folder = join(root, name)
      mkdirSync(folder, { recursive: true })
      writeFileSync(
        join(folder, 'identity-mcp.json'),
        JSON.stringify({ ...sandbox.settings, dataDir: 'data', ...settings }, null, 2),
      )
      return { folder, sandbox }
    },
    async connect({ folder, sandbox }, name, person) {
      until.throwIfAborted()
      const agent = await connect(
        {
          command: script.node,
          args: [program],
          cwd: folder,
          env: sandbox.env,
          // What servers say of agents that were cut off is of no interest.
          log: (text) => void (until.aborted || stderr.write(text)),
        },
        name,
        person,
      )
      own(agent.close)
      return agent
    },
    type: ({ folder }, words, input = '') =>
      new Promise((resolve) => {
        // Settings that the person has elsewhere are not those of the story.
        const options = {
          cwd: folder,
          env: { ...env, IDENTITY_MCP_CONFIG: undefined },
          signal: until,
          timeout: 20_000,
        }
        const child = execFile(script.node, [program, ...words], options, (error, stdout, stderr) =>
          resolve({
            command: ['identity-mcp', ...words].join(' '),
            code: error ? error.code : 0,
            output: stdout + stderr,
          }),
        )
        // What is still running could write into a folder that is being removed.
        const gone = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
        own(() => gone)
        child.stdin?.on('error', () => {}) // it may end without reading
        child.stdin?.end(input)
      }),
  }
}

/** Removes a folder, and again what a process on its way out may still have written there. */
async function removeForGood(folder: string): Promise<void> {
  for (let round = 0; round < 10; round++) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    if (!existsSync(folder)) return
  }
}
