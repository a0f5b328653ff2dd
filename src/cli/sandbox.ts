import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { Io } from '../app/io.ts'
import type { Sandbox, SandboxApp } from '../sandbox/index.ts'
import { newCommand, print, toJson } from './terminal.ts'

interface SandboxFlags {
  app?: string[]
  port?: number
  perMinute?: number
  fault?: string[]
  tokens?: string
  listFaults?: true
  json?: true
}

/** `identity-mcp sandbox`: runs simulated tenants until the process ends. Passes them to `started`. */
export const sandboxCommand = (io: Io, started: (sandbox: Sandbox<SandboxApp>) => void = () => {}): Command =>
  newCommand(io, 'sandbox', 'Run simulated tenants with made-up people, to try everything out')
    .option(
      '--app <name>',
      'netskope, gainsight, mindtickle, scim, okta, entra or google; can be repeated',
      collect,
    )
    .option(
      '--port <number>',
      'port on 127.0.0.1; further apps use the next ones (default: any free ports)',
      wholeNumber(0, 65_535),
    )
    .option(
      '--per-minute <number>',
      'requests per token in any minute (default: as in the real app)',
      wholeNumber(1, 1e9),
    )
    .option('--fault <name>', 'inject this fault from the start; can be repeated', collect)
    .option(
      '--tokens <folder>',
      'write each token to a file in this folder; the printed settings refer to the files',
    )
    .option('--list-faults', 'list the faults and exit')
    .option('--json', 'as JSON')
    .action(async ({ app = [], fault = [], ...flags }: SandboxFlags, command: Command) => {
      const { DEFAULT_APPS, faultKindsOf, faultLines, isApp, isFault, SANDBOX_APPS, startSandbox } =
        await import('../sandbox/index.ts')
      const unknownApp = app.find((name) => !isApp(name))
      if (unknownApp !== undefined)
        command.error(`There is no app "${unknownApp}". The apps are: ${SANDBOX_APPS.join(', ')}.`)
      const named = app.filter(isApp)
      const apps: readonly SandboxApp[] = named.length > 0 ? named : DEFAULT_APPS
      const kinds = faultKindsOf(apps)
      if (flags.listFaults) {
        const list = Object.entries(kinds).map(([fault, { about }]) => ({ fault, about }))
        return print(io, flags.json ? toJson(list, 2) : faultLines(kinds).join('\n'))
      }
      const unknownFault = fault.find((name) => !Object.hasOwn(kinds, name))
      if (unknownFault !== undefined) command.error(`There is no fault "${unknownFault}". See --list-faults.`)
      const faults = fault.filter(isFault)
      const { port, perMinute } = flags
      const sandbox = await startSandbox({ apps, port, perMinute, faults }).catch((error) => {
        if (!isTaken(error)) throw error
        return command.error(
          `Port ${port} is not available. Choose another with --port, or leave --port out.`,
        )
      })
      const folder = flags.tokens && resolve(io.cwd, flags.tokens)
      try {
        if (folder) writeTokens(sandbox, folder)
      } catch {
        await sandbox.close()
        return command.error(`The tokens cannot be written to ${folder}.`)
      }
      const shown = folder ? { ...sandbox, settings: withTokenFiles(sandbox.settings, folder) } : sandbox
      print(io, flags.json ? toJson(sandboxSummary(shown), 2) : guide(shown, { ...flags, fault }, io.self))
      started(sandbox)
    })

const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
}

const collect = (name: string, names: string[] = []) => [...names, name]

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES')

type AnySandbox = Sandbox<SandboxApp>

/** A key file is JSON, which a shell would take apart. None of the tokens has a single quote. */
const quotedForShell = (value: string): string => (/^[\w.-]+$/.test(value) ? value : `'${value}'`)

/** Writes each token to a file named after its variable, and replaces the files of the last run. */
function writeTokens({ env }: AnySandbox, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [name, value] of Object.entries(env)) {
    const file = join(folder, name)
    rmSync(file, { force: true })
    writeFileSync(file, `${value}\n`, { flag: 'wx', mode: 0o600 })
  }
}

/** The same settings, with tokens that refer to files. */
const withTokenFiles = ({ tenants }: AnySandbox['settings'], folder: string): AnySandbox['settings'] => ({
  tenants: mapValues(tenants, (tenant) => ({
    ...tenant,
    tokens: mapValues(tenant.tokens, (token) => token.replace(/^env:/, `file:${folder}/`)),
  })) as AnySandbox['settings']['tenants'],
})

const sandboxSummary = ({ url, settings, env, tenants }: AnySandbox) => ({
  url,
  control: `${url}/_sandbox`,
  ...(Object.keys(tenants).length > 1 && { controls: mapValues(tenants, ({ url }) => `${url}/_sandbox`) }),
  settings,
  env,
})

const mapValues = <Value, Other>(values: Record<string, Value>, to: (value: Value) => Other) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]))

function guide(
  { url, tenants, settings, env }: AnySandbox,
  { perMinute, fault = [], tokens }: SandboxFlags,
  self: string,
): string {
  const exports = Object.entries(env).map(([name, value]) => `  export ${name}=${quotedForShell(value)}`)
  const rows = Object.entries(tenants).map(
    ([name, { url, users }]) => `  ${name.padEnd(16)} ${url}   ${users.length} made-up people`,
  )
  const pace = perMinute === undefined ? '' : `Each token may make ${perMinute} requests a minute.\n`
  return `Simulated tenants are running until you stop them (Ctrl+C):

${rows.join('\n')}

${pace}${fault.length > 0 ? `Faults from the start: ${fault.join(', ')}.\n` : ''}
1. Save these settings as identity-mcp.json:

${indented(JSON.stringify(settings, null, 2))}

2. ${
    tokens === undefined
      ? `In another terminal, set the tokens. They are made up and valid only
   for this run:

${exports.join('\n')}

3. In that terminal, check that they work:`
      : `The settings refer to the token files. The tokens are made up and valid only for
   this run. In another terminal, check that they work:`
  }

  ${self} check

To see the data of a tenant:

${Object.keys(tenants).map(curlFor(settings.tenants)).join('\n')}

To inject a fault, remove it, and see the requests so far:

  curl -X PUT -d '["429-storm"]' ${url}/_sandbox/faults
  curl -X DELETE ${url}/_sandbox/faults
  curl ${url}/_sandbox/arrivals

All faults and their options: curl ${url}/_sandbox`
}

const HEADERS: Record<string, string> = {
  netskope: 'Netskope-Api-Token: ',
  okta: 'Authorization: SSWS ',
}
const LISTS: Record<string, string> = {
  netskope: '/api/v2/scim/Users?count=3',
  gainsight: '/v1/users/services/scim/Users?count=3',
  okta: '/api/v1/users?limit=3',
}

const curlFor =
  (settings: Record<string, { vendor: string; url: string; tokens: Record<string, string> }>) =>
  (name: string): string => {
    const { vendor = '', url = '', tokens = {} } = settings[name] ?? {}
    const reference = tokens.scim ?? Object.values(tokens)[0] ?? ''
    const [, kind, place] = /^(env|file):(.*)$/.exec(reference) ?? []
    const token = kind === 'file' ? `$(cat ${place})` : `$${place}`
    return `  curl -H "${HEADERS[vendor] ?? 'Authorization: Bearer '}${token}" \\
    "${url}${LISTS[vendor] ?? '/Users?count=3'}"`
  }

const indented = (text: string) => text.replace(/^/gm, '  ')
