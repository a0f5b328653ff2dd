import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Io } from '../../app/io.ts'
import { type Sandbox, startSandbox } from '../../sandbox/index.ts'
import { type Agent, connect, type Person } from './agent.ts'
import { FRAMED_WIDTH } from './page.ts'

/** The identity provider of the company, and its other apps. */
const APPS = ['okta', 'netskope', 'gainsight', 'mindtickle', 'scim'] as const
export type Company = Sandbox<(typeof APPS)[number]>

/** The part of a sandbox that every act needs: the Netskope tenant, and how to reach it. */
interface DemoSandbox extends Pick<Sandbox<'netskope'>, 'tenants' | 'settings' | 'env' | 'close'> {}

/** What the settings of the company say besides where its apps are. */
const MORE: Partial<Record<keyof Company['tenants'], Record<string, unknown>>> = {
  'acme-okta': { source: true, endSessions: true },
  'acme-scim': { deactivateMeans: 'reversible' },
}

const LOOK_EVERY_MS = 100

/** A folder with settings and data, as every user has one. */
export interface Home<Some extends DemoSandbox = DemoSandbox> {
  folder: string
  sandbox: Some
}

/** The setting of the demo: simulated apps, servers in separate processes, agents, a terminal. */
export interface World {
  /** Used by most acts, with all apps. */
  home: Home<Company>
  /** An agent there with a person to ask. */
  agent: Agent
  /** Starts the server of that agent again, which has ended. */
  restart(): Promise<void>
  /** What is known of the run and its approval so far. */
  story: { runId: string; approvalId: string }
  /** The questions to that person so far. */
  asked: readonly string[]
  /** All sandboxes so far. */
  sandboxes: readonly DemoSandbox[]
  /** Starts another Netskope tenant. */
  startSandbox(limits: { perMinute: number }): Promise<DemoSandbox>
  makeHome<Some extends DemoSandbox>(
    name: string,
    sandbox: Some,
    settings?: Record<string, unknown>,
  ): Home<Some>
  connect(home: Home, name: string, person?: Person): Promise<Agent>
  /** Looks again and again until it holds. Rejects when the demo is to end. */
  waitUntil(holds: () => boolean | Promise<boolean>): Promise<void>
  /** Runs a command as a person would; `input` is its standard input. */
  type(home: Home, words: readonly string[], input?: string): Promise<Typed>
  /** Runs a program of the documentation in Node, which is no part of the server. */
  runProgram(home: Home, file: string, words: readonly string[]): Promise<Typed>
}

export interface Typed {
  command: string
  code: unknown
  output: string
}

/** Runs `work` in a new world and removes all of it afterwards, even after an error. */
export async function inWorld<Result>(
  io: Io,
  { person, until }: { person: Person; until: AbortSignal },
  work: (world: World) => Promise<Result>,
): Promise<Result> {
  const ends: (() => unknown)[] = []
  let over = false
  const onEnd = (end: () => unknown) => (over ? end() : ends.push(end))
  const left = new Promise<never>((_, reject) => {
    until.addEventListener('abort', () => reject(until.reason), { once: true })
  })
  const begin = async () => {
    const root = mkdtempSync(join(tmpdir(), 'identity-mcp-demo-'))
    onEnd(() => removeForGood(root))
    const parts = partsOf(io, root, until, onEnd)
    const company = await parts.started(startSandbox({ apps: APPS }))
    const tenants = Object.entries(company.settings.tenants).map(([name, own]) => [
      name,
      { ...own, ...MORE[name as keyof typeof MORE] },
    ])
    const home = parts.makeHome('home', company, { tenants: Object.fromEntries(tenants) })
    const asked: string[] = []
    const start = () =>
      parts.connect(home, 'helpdesk-agent', (question) => {
        asked.push(question.message)
        return person(question)
      })
    const world: World = {
      ...parts,
      home,
      agent: await start(),
      restart: async () => {
        world.agent = await start()
      },
      asked,
      story: { runId: '', approvalId: '' },
    }
    return work(world)
  }
  try {
    return await Promise.race([begin(), left])
  } finally {
    over = true
    // If one of them fails to end, the others still must.
    for (const end of ends.reverse())
      await Promise.resolve()
        .then(end)
        .catch(() => undefined)
  }
}

interface WorldParts extends Omit<World, 'home' | 'agent' | 'restart' | 'asked' | 'story'> {
  /** Registers a sandbox to be closed at the end. */
  started<Some extends DemoSandbox>(starting: Promise<Some>): Promise<Some>
}

/** `onEnd` registers what to do at the end. */
function partsOf(
  { script, env, stderr }: Io,
  root: string,
  until: AbortSignal,
  onEnd: (end: () => unknown) => void,
): WorldParts {
  const sandboxes: DemoSandbox[] = []
  // Named like the installed program: its texts show what a person would type.
  const program = join(root, 'identity-mcp')
  writeFileSync(program, `import(${JSON.stringify(pathToFileURL(script.main).href)})\n`)

  const started: WorldParts['started'] = async (starting) => {
    const sandbox = await starting
    onEnd(() => sandbox.close())
    sandboxes.push(sandbox)
    return sandbox
  }

  const docs = join(dirname(realpathSync(script.main)), '../docs')
  const runHere = (
    { folder }: Home,
    command: string,
    { args, input = '' }: { args: string[]; input?: string | undefined },
  ): Promise<Typed> =>
    new Promise((resolve) => {
      // The demo must not use the person's own settings. A slow machine is no reason to give up: `until` is.
      const own = { ...env, IDENTITY_MCP_CONFIG: undefined, COLUMNS: String(FRAMED_WIDTH) }
      const options = { cwd: folder, env: own, signal: until }
      const child = execFile(script.node, args, options, (error, stdout, stderr) =>
        resolve({ command, code: error ? error.code : 0, output: stdout + withoutPlace(stderr) }),
      )
      // A running process could write into the folder while it is being removed.
      const gone = new Promise<void>((done) => child.once('exit', () => done()).once('error', () => done()))
      onEnd(() => gone)
      child.stdin?.on('error', () => {}) // it can end without reading
      child.stdin?.end(input)
    })

  return {
    sandboxes,
    started,
    startSandbox: (limits) => started(startSandbox({ apps: ['netskope'], ...limits })),
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
          // After an abort, the servers complain about closed connections.
          log: (text) => void (until.aborted || stderr.write(withoutPlace(text))),
        },
        name,
        person,
      )
      onEnd(agent.close)
      return agent
    },
    async waitUntil(holds) {
      while (!(await holds())) await sleep(LOOK_EVERY_MS, undefined, { signal: until })
    },
    type: (home, words, input) =>
      runHere(home, ['identity-mcp', ...words].join(' '), { args: [program, ...words], input }),
    runProgram: (home, file, words) =>
      runHere(home, ['node', file, ...words].join(' '), { args: [join(docs, basename(file)), ...words] }),
  }
}

/** Without the line that says where the settings of the demo are, which is of no interest in it. */
const withoutPlace = (text: string): string => text.replace(/^settings: .*\n/gm, '')

/** Removes a folder, repeatedly: a process that is ending may still write there. */
async function removeForGood(folder: string): Promise<void> {
  for (let round = 0; round < 10; round++) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    await new Promise((resolve) => setTimeout(resolve, 100))
    if (!existsSync(folder)) return
  }
}
