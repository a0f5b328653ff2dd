import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ownSettings } from '../app/found-settings.ts'
import type { Io } from '../app/io.ts'
import type { CommonOptions } from '../app/stores.ts'
import { SettingsError } from '../config/problems.ts'
import { askingAt } from './asking/asking-at.ts'
import { appNamed, connectable, type KnownApp } from './init/apps.ts'
import { byFlags } from './init/by-flags.ts'
import { clientsNamed, removeFromClients } from './init/clients.ts'
import { cancelled, wizard } from './init/wizard.ts'
import { newCommand } from './terminal.ts'

interface InitOptions {
  /** A known app that speaks SCIM. */
  app?: string
  vendor?: string
  tenant?: string
  url?: string
  at?: Record<string, string>
  set?: Record<string, string>
  token?: Record<string, string>
  tokenStdin?: true
  clients?: string[]
  approver?: string
  passphraseStdin?: true
  yes?: true
  remove?: true
}

/** `identity-mcp init`: connects apps, tells the MCP clients of this machine, and makes the first approver. */
export const initCommand = (io: Io): Command =>
  newCommand(
    io,
    'init',
    'Connect apps, tell the MCP clients on this machine of the server, and make the first approver; asks in a terminal, ' +
      'and can be run again to add or mend',
  )
    .option('--vendor <name>', `one of: ${connectable.map(({ name }) => name).join(', ')}`)
    .option('--app <name>', 'an app known by name, such as slack; identity-mcp apps lists them')
    .option('--tenant <name>', 'your name for this workspace')
    .option('--url <address>', 'address of the app; not needed where --app knows it')
    .option('--at <blank=value>', 'value for a blank of the address of --app; can be repeated', intoPairs)
    .option(
      '--set <setting=value>',
      'another setting of the tenant, such as directory; can be repeated',
      intoPairs,
    )
    .option(
      '--token <name=reference>',
      'where a token is: scim=env:NAME, file:/path or keychain:NAME; can be repeated',
      intoPairs,
    )
    .option(
      '--token-stdin',
      'read the tokens from standard input, one per line, and keep them in the keychain',
    )
    .option('--clients <names>', 'tell only these MCP clients, with commas; none for no client', intoNames)
    .option('--approver <name>', 'name of the first approver; default: the user’s')
    .option(
      '--passphrase-stdin',
      'read the passphrase of the first approver from standard input, after the tokens',
    )
    .option('--yes', 'ask nothing: try the app, and tell all clients that are found')
    .option('--remove', 'make the MCP clients forget the server')
    .action(async (options: InitOptions, command: Command) => {
      const file = settingsPlace(io, options, command.optsWithGlobals<CommonOptions>())
      if (options.remove) return forget(io, file, options)
      const app = chosenApp(options)
      const given = {
        ...(options.url !== undefined && { url: options.url }),
        ...prefixed(options.at),
        ...options.set,
      }
      const common = {
        file,
        given,
        ...(options.clients && { clients: options.clients }),
        ...(options.approver !== undefined && { approver: options.approver }),
      }
      if (isAsked(io, options)) {
        const name = options.tenant
        return wizard(io, { ...common, ...(app && { app }), ...(name !== undefined && { name }) })
      }
      const { app: known, tenant } = complete(options, app)
      await byFlags(io, {
        ...common,
        ...{ app: known, tenant, tokens: options.token ?? {}, yes: options.yes === true },
        ...{ tokenStdin: options.tokenStdin === true, passphraseStdin: options.passphraseStdin === true },
      })
    })

/** Whether somebody answers: at a terminal, unless the flags say all. */
const isAsked = ({ stdin, stdout }: Io, { yes, tokenStdin, passphraseStdin }: InitOptions): boolean =>
  stdin.isTTY === true && stdout.isTTY === true && !yes && !tokenStdin && !passphraseStdin

/**
 * The settings file: the named one, else that of the working folder, else the user's own. Flags alone write into the working
 * folder, unless they say `--yes`.
 */
function settingsPlace(io: Io, options: InitOptions, { config }: CommonOptions): string {
  const named = config ?? io.env.IDENTITY_MCP_CONFIG
  const here = resolve(io.cwd, 'identity-mcp.json')
  if (named) return resolve(io.cwd, named)
  const isHere = existsSync(here) || !(isAsked(io, options) || options.yes || options.remove)
  return isHere ? here : (ownSettings ?? here)
}

/** Throws `SettingsError` for a name that is not known. */
function chosenApp({ app, vendor }: InitOptions): KnownApp | undefined {
  if (app !== undefined) {
    if (vendor !== undefined && vendor !== 'scim')
      throw new SettingsError('init', ['--app: goes with no other --vendor than scim'])
    return appNamed(app)
  }
  if (vendor === undefined) return undefined
  const found = connectable.find(({ name }) => name === vendor)
  if (found) return { name: found.name, title: found.title, vendor: found, ways: found.connect ?? [] }
  throw new SettingsError('init', [
    `--vendor: must be one of: ${connectable.map(({ name }) => name).join(', ')}`,
  ])
}

/** What is needed where nobody is asked. Throws `SettingsError`. */
function complete(
  { tenant, url }: InitOptions,
  app: KnownApp | undefined,
): { app: KnownApp; tenant: string } {
  const asksUrl = app === undefined || app.ways.some(({ fields }) => fields.some(({ at }) => at === 'url'))
  const missing = [
    ...(app ? [] : ['--vendor']),
    ...(tenant === undefined ? ['--tenant'] : []),
    ...(asksUrl && url === undefined ? ['--url'] : []),
  ]
  if (app && tenant !== undefined && missing.length === 0) return { app, tenant }
  throw new SettingsError('init', [`give ${missing.join(', ')}, or run it in a terminal`])
}

async function forget(io: Io, file: string, { clients, yes }: InitOptions): Promise<void> {
  const found = clientsNamed(io, clients)
  const asked = io.stdin.isTTY && io.stdout.isTTY && !yes
  if (!asked && !yes) throw new SettingsError('init', ['add --yes, or run it in a terminal'])
  await removeFromClients(io, file, found, async (edits) => {
    const names = edits.map(({ client }) => ({ value: client.name, label: client.title }))
    if (!asked) return names.map(({ value }) => value)
    return (await askingAt(io, cancelled)).several('Make these forget the server?', names)
  })
}

function intoPairs(text: string, pairs: Record<string, string> = {}): Record<string, string> {
  const [name = '', ...value] = text.split('=')
  return { ...pairs, [name]: value.join('=') }
}

const intoNames = (text: string): string[] =>
  text === 'none' ? [] : text.split(',').map((name) => name.trim())

const prefixed = (blanks: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(blanks).map(([name, value]) => [`at.${name}`, value]))
