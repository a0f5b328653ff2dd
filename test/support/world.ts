import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JSONObject } from '@modelcontextprotocol/client'
import type { JournalLine } from '../../src/journal/events.ts'
import { type Sandbox, type SandboxApp, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'
import {
  type Browser,
  type CallOptions,
  type ClientKind,
  connect,
  type Person,
  type TestClient,
} from './clients.ts'
import { type Program, startProgram } from './program.ts'
import { RawClient } from './raw.ts'

export interface WorldOptions {
  client?: ClientKind
  clientName?: string
  /** How the person at the client answers; `none` is a client that cannot ask. */
  answer?: 'accept' | 'decline' | 'cancel' | 'none' | Person
  /** How the person at the client answers a link. Without it the client does not support links. */
  browser?: Browser
  /** What the client declares of extensions of the protocol. */
  extensions?: Record<string, JSONObject>
  /** Override the settings of the sandbox. */
  settings?: Record<string, unknown>
  /** The tenants to use instead of `acme-netskope`, made from the sandbox's tenants. */
  tenants?: (own: Sandbox<SandboxApp>['settings']['tenants']) => Record<string, unknown>
  /** Override the settings of the tenant `acme-netskope`. */
  tenant?: Record<string, unknown>
  env?: Record<string, string>
  args?: string[]
  sandbox?: SandboxOptions<SandboxApp>
  /** Whether to run the built servers and commands, each in a child process. */
  ownProcess?: boolean
}

export type SetupOptions = Pick<
  WorldOptions,
  'settings' | 'tenants' | 'tenant' | 'env' | 'sandbox' | 'ownProcess'
>

/** The answer of a tool: its output, or the error. */
export interface ToolAnswer extends Record<string, unknown> {
  error?: {
    code: string
    message: string
    hint: string
    retryable: boolean
    retryAt?: string
    tenant?: string
    reference?: string
    candidates?: { tenant: string; id: string; userName: string }[]
  }
}

/** People who always give the same answer. */
export const PEOPLE: Record<'accept' | 'decline' | 'cancel', Person> = {
  accept: () => ({ action: 'accept', content: { confirm: true } }),
  decline: () => ({ action: 'decline' }),
  cancel: () => ({ action: 'cancel' }),
}

/** Simulated apps over HTTP, settings for one of them, and functions to run commands with these settings. */
export async function openSetup(options: SetupOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-'))
  const sandbox = await startSandbox(options.sandbox)
  const dataDir = join(folder, 'data')
  const config = join(folder, 'identity-mcp.json')
  const base = sandbox.settings.tenants['acme-netskope']
  const write = (settings: Record<string, unknown> = {}, tenant: Record<string, unknown> = {}) =>
    writeFileSync(
      config,
      JSON.stringify({ tenants: { 'acme-netskope': { ...base, ...tenant } }, dataDir, ...settings }),
    )
  const tenants = options.tenants?.(sandbox.settings.tenants)
  write({ ...(tenants && { tenants }), ...options.settings }, options.tenant)
  let newcomers = 0
  const env = { PATH: process.env.PATH ?? '', HOME: folder, ...sandbox.env, ...options.env }
  const start = (words: readonly string[], more: Record<string, string> = {}) =>
    startProgram(words, { env: { ...env, ...more }, ownProcess: options.ownProcess ?? false })
  /** Runs a command of the program to its end. */
  const run = (words: readonly string[], { stdin = '' } = {}) =>
    runToEnd(start([...words, '--config', config]), stdin)

  return {
    sandbox,
    netskope: sandbox.tenants['acme-netskope'],
    tokens: sandbox.tokens,
    folder,
    dataDir,
    config,
    env,
    run,
    /** Starts the program with these arguments. */
    start,
    rewrite: write,
    /** Adds a new user to the app, which no other test uses. */
    newcomer: () => {
      newcomers += 1
      return sandbox.tenants['acme-netskope'].addUser({ userName: `newcomer-${newcomers}@example.com` })
    },
    journal: (): JournalLine[] =>
      readFileSync(join(dataDir, 'journal.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as JournalLine),
    async close() {
      await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Setup = Omit<Awaited<ReturnType<typeof openSetup>>, 'close'>

/** A real server, a real MCP client, and a simulated Netskope tenant over HTTP. */
export async function openWorld(options: WorldOptions = {}) {
  const { close: leave, ...place } = await openSetup(options)
  const { config } = place
  let stderr = ''

  /** Starts another server and client on the same data folder and app. */
  const open = async (more: WorldOptions = {}) => {
    const asked: string[] = []
    const answer = more.answer ?? options.answer ?? 'accept'
    const person = answer === 'none' ? undefined : typeof answer === 'string' ? PEOPLE[answer] : answer
    const server = place.start(['--config', config, ...(more.args ?? options.args ?? [])], more.env)
    server.stderr.on('data', (piece) => {
      stderr += String(piece)
    })
    const client: TestClient = await connect(
      more.client ?? options.client ?? 'modern',
      server,
      more.clientName ?? options.clientName ?? 'test-client',
      {
        person:
          person &&
          ((message) => {
            asked.push(message)
            return person(message)
          }),
        browser: more.browser ?? options.browser,
        extensions: more.extensions ?? options.extensions,
      },
    )
    const call = async (tool: string, args: unknown = {}, how?: CallOptions) => {
      const result = await client.callTool(tool, args, how)
      const text = JSON.parse(result.content?.[0]?.text ?? 'null') as ToolAnswer
      return text
    }
    return {
      client,
      asked,
      call,
      /** Sends a signal to the server. */
      signal: (name: 'SIGHUP' | 'SIGTERM') => void server.kill(name),
      ended: server.ended,
      close: () => client.close(),
    }
  }

  const first = await open()
  const others: { close(): Promise<void> }[] = []

  return {
    ...place,
    ...first,
    stderr: () => stderr,
    /** What happens from here on, for tests that share a world. */
    since: () => sinceNow(place, first.asked),
    open: async (more: WorldOptions = {}) => {
      const other = await open(more)
      others.push(other)
      return other
    },
    /** A client that can send what no well-behaved client sends. */
    raw: (name?: string) => {
      const client = new RawClient(place.start(['--config', config]), name)
      others.push(client)
      return client
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([first, ...others].map((one) => one.close()))
      await leave()
    },
  }
}

/** The output of a run and its exit code, when it has ended. */
export async function runToEnd(program: Program, stdin = '') {
  const out = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    program[name].on('data', (piece) => {
      out[name] += String(piece)
    })
  }
  program.stdin.end(stdin)
  return { code: await program.ended, ...out }
}

export type World = Awaited<ReturnType<typeof openWorld>>

export function sinceNow({ netskope, dataDir, journal }: Setup, asked: readonly string[] = []) {
  const lines = () => (existsSync(join(dataDir, 'journal.jsonl')) ? journal() : [])
  const from = {
    asked: asked.length,
    arrivals: netskope.arrivals.length,
    writes: netskope.writes.length,
    lines: lines().length,
  }
  return {
    asked: () => asked.slice(from.asked),
    arrivals: () => netskope.arrivals.slice(from.arrivals),
    writes: () => netskope.writes.slice(from.writes),
    journal: () => lines().slice(from.lines),
    events: () =>
      lines()
        .slice(from.lines)
        .map(({ event }) => event),
  }
}
