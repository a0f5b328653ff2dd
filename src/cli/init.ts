import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import { allow, strangeSendings } from '../app/found-settings.ts'
import type { Io } from '../app/io.ts'
import { type CommonOptions, typed } from '../app/stores.ts'
import { SecretReference } from '../config/reference.ts'
import { SettingsError, TENANT_NAME } from '../config/settings.ts'
import { Secret } from '../secret.ts'
import { plainText } from '../text/text.ts'
import { BaseUrl, type Vendor } from '../vendors/define.ts'
import { vendors } from '../vendors/index.ts'
import { addressIn, blanksIn } from '../vendors/scim/profiles/fill-in.ts'
import { isAppName } from '../vendors/scim/profiles/index.ts'
import { nearApps } from '../vendors/scim/profiles/near.ts'
import { type AppSheet, sheetOf } from '../vendors/scim/profiles/sheet.ts'
import { newCommand, print } from './terminal.ts'

interface InitAnswers {
  /** A known app that speaks SCIM. */
  app?: string
  vendor?: string
  tenant?: string
  url?: string
  at?: Record<string, string>
}

/** Those whose settings begin with an address and a token. */
const connected = vendors.filter(({ local }) => !local)

/** `identity-mcp init`: writes a first settings file, with references instead of secrets. */
export const initCommand = (io: Io): Command =>
  newCommand(io, 'init', 'Write a first settings file; asks for missing options')
    .option('--vendor <name>', `one of: ${connected.map(({ name }) => name).join(', ')}`)
    .option('--app <name>', 'an app known by name, such as slack; identity-mcp apps lists them')
    .option('--tenant <name>', 'your name for this workspace')
    .option('--url <address>', 'address of the app; not needed where --app knows it')
    .option('--at <blank=value>', 'value for a blank of the address of --app; can be repeated', intoBlanks)
    .action(async (given: InitAnswers, command: Command) => {
      const file = resolve(io.cwd, command.optsWithGlobals<CommonOptions>().config ?? 'identity-mcp.json')
      const { vendor, tenant, ...place } = await complete(io, given)
      const tokens = Object.fromEntries(
        tokenNamesOf(vendor).map((slot) => [slot, variableName(tenant, slot)]),
      )
      const references = Object.fromEntries(
        Object.entries(tokens).map(([slot, name]) => [slot, `env:${name}`]),
      )
      writeSettings(file, { tenants: { [tenant]: { vendor: vendor.name, ...place, tokens: references } } })
      // Whoever has just written it need not be asked about it.
      if (strangeSendings(file).length > 0) allow(file)
      print(
        io,
        `Wrote ${file}.`,
        '',
        'Next, set the tokens here and where your MCP client starts the server:',
        ...Object.values(tokens).map((name) => `  export ${name}=…`),
        '',
        `Then see what works: ${typed(io, command.optsWithGlobals(), 'check')}`,
      )
    })

/** The given options, and answers at the terminal for the missing ones. Throws `SettingsError`. */
async function complete(io: Io, given: InitAnswers): Promise<{ vendor: Vendor; tenant: string } & Place> {
  const app = given.app === undefined ? undefined : knownApp(given.app)
  const answers: InitAnswers = { ...given, ...(app && { vendor: 'scim' }) }
  if (app && given.vendor !== undefined && given.vendor !== 'scim')
    throw new SettingsError('init', ['--app: goes with no other --vendor than scim'])
  const knowsUrl = app?.address !== undefined
  const missing = (['vendor', 'tenant', 'url'] as const).filter(
    (name) => answers[name] === undefined && !(name === 'url' && knowsUrl),
  )
  if (missing.length > 0 && !(io.stdin.isTTY && io.stdout.isTTY)) {
    throw new SettingsError('init', [
      `give ${missing.map((name) => `--${name}`).join(', ')}, or run it in a terminal`,
    ])
  }
  for (const name of missing) answers[name] = await QUESTIONS[name](io)
  const vendor = connected.find((one) => one.name === answers.vendor)
  const problems = [
    ...(vendor ? [] : [`--vendor: must be one of: ${connected.map(({ name }) => name).join(', ')}`]),
    ...(TENANT_NAME.test(answers.tenant ?? '')
      ? []
      : ['--tenant: letters, digits, dots, dashes and underscores, 63 at most']),
    ...(answers.url === undefined && knowsUrl ? [] : problemsOfUrl(answers.url)),
    ...problemsOfBlanks(app, given),
  ]
  if (!vendor || problems.length > 0) throw new SettingsError('init', problems)
  return {
    vendor,
    tenant: answers.tenant ?? '',
    ...(app && { app: app.app }),
    ...(given.at && { at: given.at }),
    ...(answers.url !== undefined && { url: answers.url }),
  }
}

/** Where the app is, as the settings say it. */
interface Place {
  app?: string
  at?: Record<string, string>
  url?: string
}

/** Throws `SettingsError` for a name that is not known. */
function knownApp(name: string): AppSheet {
  if (isAppName(name)) return sheetOf(name)
  const near = nearApps(name)
  const hint =
    near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '; identity-mcp apps lists the known ones'
  throw new SettingsError('init', [`--app: no app "${plainText(name, 64)}" is known${hint}`])
}

const problemsOfUrl = (url: string | undefined): string[] =>
  BaseUrl.safeParse(url).error?.issues.map(({ message }) => `--url: ${message}`) ?? []

/** Every blank of the address needs a value, unless the whole address is written. */
function problemsOfBlanks(app: AppSheet | undefined, { at = {}, url }: InitAnswers): string[] {
  const blanks = Object.entries(app?.at ?? {})
  const unknown = Object.keys(at).filter((name) => !blanks.some(([blank]) => blank === name))
  const open = url === undefined && app?.address !== undefined ? blanksIn(addressIn(app.address, at)) : []
  return [
    ...unknown.map((name) => `--at: the address has no blank "${plainText(name, 64)}"`),
    ...open.map((blank) => {
      const name = blank.slice(1, -1)
      return `--at ${name}=…: is needed, ${app?.at[name] ?? 'and must fit the address'}`
    }),
  ]
}

function intoBlanks(text: string, blanks: Record<string, string> = {}): Record<string, string> {
  const [name = '', ...value] = text.split('=')
  return { ...blanks, [name]: value.join('=') }
}

const QUESTIONS: Record<'vendor' | 'tenant' | 'url', (io: Io) => Promise<string>> = {
  vendor: async (io) => {
    const { select } = await import('@clack/prompts')
    const options = connected.map(({ name, title }) => ({ value: name, label: title }))
    return answered(await select({ message: 'Which app?', options, input: io.stdin, output: io.stdout }))
  },
  tenant: (io) => ask(io, 'Name for this workspace?', 'acme-netskope'),
  url: (io) => ask(io, 'Address of the app?', 'https://acme.goskope.com'),
}

async function ask(io: Io, message: string, placeholder: string): Promise<string> {
  const { text } = await import('@clack/prompts')
  return answered(await text({ message, placeholder, input: io.stdin, output: io.stdout }))
}

const answered = (answer: string | symbol): string => {
  if (typeof answer === 'string') return answer
  throw new SettingsError('init', ['cancelled; nothing was written'])
}

/** The slots of the tokens to write for a vendor: all of them where they go together, else the first that does alone. */
function tokenNamesOf(vendor: Vendor): string[] {
  // What a secret is does not matter here.
  const AnySecret = SecretReference.transform((reference) => new Secret(reference))
  const schema = vendor.settings({ Secret: AnySecret, SecretText: AnySecret })
  const { tokens } = schema.shape
  const names = tokens instanceof z.ZodObject ? Object.keys(tokens.shape) : []
  const goTogether = (slots: readonly string[]) => {
    const written = Object.fromEntries(slots.map((slot) => [slot, `env:${variableName('any', slot)}`]))
    const { error } = schema.safeParse({
      vendor: vendor.name,
      url: 'https://app.example.com',
      tokens: written,
    })
    return !error?.issues.some(({ path }) => path[0] === 'tokens')
  }
  return [names, ...names.map((name) => [name])].find(goTogether) ?? names
}

const variableName = (tenant: string, slot: string): string =>
  `${tenant}_${slot}_token`
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_')

function writeSettings(file: string, settings: unknown): void {
  try {
    writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    throw new SettingsError(file, [exists ? 'already exists and was not changed' : 'cannot be written'])
  }
}
