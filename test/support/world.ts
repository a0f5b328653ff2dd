import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalLine } from '../../src/journal/events.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'
import { type Browser, type ClientKind, connect, type Person, type TestClient } from './clients.ts'
import { type Program, startProgram } from './program.ts'
import { RawClient } from './raw.ts'

export interface WorldOptions {
  client?: ClientKind
  clientName?: string
  /** What the person at the client does; `none` is a client that cannot ask. */
  answer?: 'accept' | 'decline' | 'cancel' | 'none' | Person
  /** What the person at the client does with a link; without it the client cannot open any. */
  browser?: Browser
  /** Laid over the settings of the sandbox. */
  settings?: Record<string, unknown>
  /** The tenants in place of `acme-netskope`, made of what the sandbox says of its own. */
  tenants?: (own: Sandbox['settings']['tenants']) => Record<string, unknown>
  /** Laid over the settings of the tenant `acme-netskope`. */
  tenant?: Record<string, unknown>
  env?: Record<string, string>
  args?: string[]
  sandbox?: SandboxOptions
  /** Whether servers and commands run as they are built, each in a process of its own. */
  apart?: boolean
}

export type PlaceOptions = Pick<WorldOptions, 'settings' | 'tenants' | 'tenant' | 'env' | 'sandbox' | 'apart'>

/** What a tool answered: its object, or the error. */
export interface Answered extends Record<string, unknown> {
  error?: {
    code: string
    message: string
    hint: string
    retryable: boolean
    retryAt?: string
    tenant?: string
    reference?: string
  }
}

/** People of few words. */
export const PEOPLE: Record<'accept' | 'decline' | 'cancel', Person> = {
  accept: () => ({ action: 'accept', content: { confirm: true } }),
  decline: () => ({ action: 'decline' }),
  cancel: () => ({ action: 'cancel' }),
}

/** Simulated apps over HTTP, settings that name one of them, and a way to run commands on these. */
export async function openPlace(options: PlaceOptions = {}) {
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
    startProgram(words, { env: { ...env, ...more }, apart: options.apart ?? false })
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
    /** Starts the program with these words. */
    start,
    rewrite: write,
    /** Somebody new in the app, whom no other test knows. */
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

type Place = Omit<Awaited<ReturnType<typeof openPlace>>, 'close'>

/** A real server, a real MCP client, a simulated Netskope tenant over HTTP. */
export async function openWorld(options: WorldOptions = {}) {
  const { close: leave, ...place } = await openPlace(options)
  const { config } = place
  let stderr = ''

  /** Another server and client on the same data folder and the same app. */
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
      },
    )
    const call = async (
      tool: string,
      args: unknown = {},
      how?: { timeout?: number; signal?: AbortSignal },
    ) => {
      const result = await client.callTool(tool, args, how)
      const text = JSON.parse(result.content?.[0]?.text ?? 'null') as Answered
      return text
    }
    return { client, asked, call, close: () => client.close() }
  }

  const first = await open()
  const others: { close(): Promise<void> }[] = []

  return {
    ...place,
    ...first,
    stderr: () => stderr,
    /** What has happened from here on, for tests that share a world. */
    since: () => sinceNow(place, first.asked),
    open: async (more: WorldOptions = {}) => {
      const other = await open(more)
      others.push(other)
      return other
    },
    /** A client that sends what no honest one would. */
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
/** What a run said until it ended, and its exit code. */
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

export function sinceNow({ netskope, dataDir, journal }: Place, asked: readonly string[] = []) {
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
