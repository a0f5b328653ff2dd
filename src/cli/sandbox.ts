import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { Io } from '../app/io.ts'
import type { Sandbox, SandboxApp } from '../sandbox/index.ts'
import { newCommand, print, toJson } from './data.ts'

interface Flags {
  app?: string[]
  port?: number
  perMinute?: number
  fault?: string[]
  tokens?: string
  listFaults?: true
  json?: true
}

/** `identity-mcp sandbox`: simulated tenants to try things out on, until the process ends. `started` is told of them. */
export const sandboxCommand = (io: Io, started: (sandbox: Sandbox<SandboxApp>) => void = () => {}): Command =>
  newCommand(io, 'sandbox', 'run simulated tenants, full of made-up people, to try everything out on')
    .option('--app <name>', 'netskope, gainsight, mindtickle or scim; may be repeated', collect)
    .option(
      '--port <number>',
      'port on 127.0.0.1, of further apps those after it (default: any free ones)',
      wholeNumber(0, 65_535),
    )
    .option(
      '--per-minute <number>',
      'requests that each token may make in any minute (default: as the app has it)',
      wholeNumber(1, 1e9),
    )
    .option('--fault <name>', 'misbehave like that from the start; may be repeated', collect)
    .option('--tokens <folder>', 'write each token into a file of this folder, which the settings then name')
    .option('--list-faults', 'say which faults there are, and end')
    .option('--json', 'as JSON')
    .action(async ({ app = [], fault = [], ...flags }: Flags, command: Command) => {
      const { DEFAULT_APPS, faultKindsOf, faultLines, isApp, isFault, SANDBOX_APPS, startSandbox } =
        await import('../sandbox/index.ts')
      const stranger = app.find((name) => !isApp(name))
      if (stranger !== undefined)
        command.error(`There is no app "${stranger}". There are: ${SANDBOX_APPS.join(', ')}.`)
      const named = app.filter(isApp)
      const apps: readonly SandboxApp[] = named.length > 0 ? named : DEFAULT_APPS
      const kinds = faultKindsOf(apps)
      if (flags.listFaults) {
        const list = Object.entries(kinds).map(([fault, { about }]) => ({ fault, about }))
        return print(io, flags.json ? toJson(list, 2) : faultLines(kinds).join('\n'))
      }
      const unknown = fault.find((name) => !Object.hasOwn(kinds, name))
      if (unknown !== undefined)
        command.error(`There is no fault "${unknown}"; --list-faults says which there are.`)
      const faults = fault.filter(isFault)
      const { port, perMinute } = flags
      const sandbox = await startSandbox({ apps, port, perMinute, faults }).catch((error) => {
        if (!isTaken(error)) throw error
        return command.error(`Port ${port} can't be had. Choose another with --port, or leave it out.`)
      })
      const folder = flags.tokens && resolve(io.cwd, flags.tokens)
      try {
        if (folder) keepTokens(sandbox, folder)
      } catch {
        await sandbox.close()
        return command.error(`The tokens can't be written into ${folder}.`)
      }
      const shown = folder ? { ...sandbox, settings: inFiles(sandbox.settings, folder) } : sandbox
      print(io, flags.json ? toJson(summary(shown), 2) : guide(shown, { ...flags, fault }, io.self))
      started(sandbox)
    })

const wholeNumber = (least: number, most: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
}

const collect = (name: string, names: string[] = []) => [...names, name]

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')

type AnySandbox = Sandbox<SandboxApp>

/** Each token in a file of its own that is called like its variable, in place of that of the last run. */
function keepTokens({ env }: AnySandbox, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [name, value] of Object.entries(env)) {
    const file = join(folder, name)
    rmSync(file, { force: true })
    writeFileSync(file, `${value}\n`, { flag: 'wx', mode: 0o600 })
  }
}

/** The same settings, with tokens that are found in files. */
const inFiles = ({ tenants }: AnySandbox['settings'], folder: string): AnySandbox['settings'] => ({
  tenants: each(tenants, (tenant) => ({
    ...tenant,
    tokens: each(tenant.tokens, (token) => token.replace(/^env:/, `file:${folder}/`)),
  })) as AnySandbox['settings']['tenants'],
})

const summary = ({ url, settings, env, tenants }: AnySandbox) => ({
  url,
  control: `${url}/_sandbox`,
  ...(Object.keys(tenants).length > 1 && { controls: each(tenants, ({ url }) => `${url}/_sandbox`) }),
  settings,
  env,
})

const each = <Value, Other>(values: Record<string, Value>, to: (value: Value) => Other) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]))

function guide(
  { url, tenants, settings, env }: AnySandbox,
  { perMinute, fault = [], tokens }: Flags,
  self: string,
): string {
  const exports = Object.entries(env).map(([name, value]) => `  export ${name}=${value}`)
  const rows = Object.entries(tenants).map(
    ([name, { url, users }]) => `  ${name.padEnd(16)} ${url}   ${users.length} made-up people`,
  )
  const pace = perMinute === undefined ? '' : `Each token may make ${perMinute} requests a minute.\n`
  return `Simulated tenants are running until you stop them (Ctrl+C):

${rows.join('\n')}

${pace}${fault.length > 0 ? `They misbehave from the start: ${fault.join(', ')}.\n` : ''}
1. Save these settings as identity-mcp.json:

${indented(JSON.stringify(settings, null, 2))}

2. ${
    tokens === undefined
      ? `In another terminal, set the tokens. They are made up, and good for this
   run only:

${exports.join('\n')}

3. In that terminal, see whether they work:`
      : `The tokens are in the files that the settings name. They are made up, and good
   for this run only. In another terminal, see whether they work:`
  }

  ${self} check

To look at a tenant itself:

${Object.keys(tenants).map(lookingAt(settings.tenants)).join('\n')}

To make one misbehave, to end that, and to see what arrived:

  curl -X PUT -d '["429-storm"]' ${url}/_sandbox/faults
  curl -X DELETE ${url}/_sandbox/faults
  curl ${url}/_sandbox/arrivals

All the faults and how to narrow them: curl ${url}/_sandbox`
}

const HEADERS: Record<string, string> = { netskope: 'Netskope-Api-Token: ' }
const BASES: Record<string, string> = { netskope: '/api/v2/scim', gainsight: '/v1/users/services/scim' }

const lookingAt =
  (settings: Record<string, { vendor: string; url: string; tokens: Record<string, string> }>) =>
  (name: string): string => {
    const { vendor = '', url = '', tokens } = settings[name] ?? {}
    const [, kind, place] = /^(env|file):(.*)$/.exec(tokens?.scim ?? '') ?? []
    const token = kind === 'file' ? `$(cat ${place})` : `$${place}`
    return `  curl -H "${HEADERS[vendor] ?? 'Authorization: Bearer '}${token}" \\
    "${url}${BASES[vendor] ?? ''}/Users?count=3"`
  }

const indented = (text: string) => text.replace(/^/gm, '  ')
