import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import { parseJsonc } from '../config/jsonc.ts'
import { DIRECT, networkSettings, type Route, routesOf } from '../config/network.ts'
import { SettingsError } from '../config/problems.ts'
import { secretFrom } from '../config/reference.ts'
import { loadSettings, parseSettings, type Settings, storePlaceIn } from '../config/settings.ts'
import { passwordInClear, type StorePlace } from '../config/store.ts'
import { SigningKey, webhookSettings } from '../config/webhook.ts'
import type { Scope } from '../domain/scopes.ts'
import { fileJournal } from '../journal/file.ts'
import type { Journal } from '../journal/journal.ts'
import { streamJournal } from '../journal/redis-stream.ts'
import { openRedis } from '../store/redis-connection.ts'
import { redisStore } from '../store/redis-store.ts'
import type { Store } from '../store/store.ts'
import { diskStore } from '../store/table-store.ts'
import { trustedBy } from '../vendors/http/trust.ts'
import { vendors } from '../vendors/index.ts'
import { acceptFound, ownSettings } from './found-settings.ts'
import type { Io } from './io.ts'
import { journalWithWebhook } from './journal-webhook.ts'
import { mustBePrivate, mustBeWritable } from './private-folder.ts'
import { userFolders } from './user-folders.ts'

export interface DataFolder {
  store: Store
  journal: Journal
  /** Names of the tenants, if there is a settings file. */
  tenants?: readonly string[]
  /** Path of the key that signs anchors, if the settings name one. */
  signingKey?: string | undefined
  close(): Promise<void>
}

/** The options that every command takes, before or after the command name. */
export interface CommonOptions {
  config?: string
  sandbox?: boolean
  readOnly?: boolean
  /** The scopes of the tools to serve; all when absent. */
  tools?: readonly Scope[]
}

/** Which settings file, and whether a person named it or it was found in the working folder. */
interface SettingsPlace {
  file: string
  named: boolean
  found: boolean
}

/** The settings file: `--config`, else IDENTITY_MCP_CONFIG, else the current folder's, else the user's. */
export function settingsFile(io: Io, { config }: CommonOptions): SettingsPlace {
  const named = config ?? io.env.IDENTITY_MCP_CONFIG
  if (named) return { file: resolve(io.cwd, named), named: true, found: false }
  const here = resolve(io.cwd, 'identity-mcp.json')
  const found = existsSync(here) && here !== ownSettings
  return { file: found ? here : (ownSettings ?? here), named: false, found }
}

/** The parsed settings file. Throws `SettingsError`. */
export function settingsOf(io: Io, options: CommonOptions): Settings {
  const { file, named, found } = settingsFile(io, options)
  if (!named && !existsSync(file)) {
    throw new SettingsError('no settings', [
      `there is no identity-mcp.json in ${io.cwd}${userFolders.config ? ` or in ${userFolders.config}` : ''}. ` +
        `Write one with ${io.self} init, name one with --config FILE, or try the sandbox: ${io.self} --sandbox`,
    ])
  }
  if (found) acceptFound(io, file)
  const settings = loadSettings(file, vendors, io.env)
  return options.readOnly ? { ...settings, readOnly: true } : settings
}

/** Settings for a sandbox in this process. */
export const sandboxSettings = (
  settings: unknown,
  env: Io['env'],
  { readOnly }: CommonOptions,
): Settings => ({
  ...parseSettings(settings, vendors, env, 'the sandbox'),
  ...(readOnly && { readOnly: true }),
})

/** The folder of the journal and the store, if this user has one. The sandbox has its own. */
export function dataFolder(
  { dataDir }: Pick<Settings, 'dataDir'>,
  { sandbox }: CommonOptions,
): string | undefined {
  const { data } = userFolders
  return sandbox ? data && join(data, 'sandbox') : (dataDir ?? data)
}

/** Opens the data folder for a command. */
export const openDataFolder = (io: Io, command: Command): Promise<DataFolder> =>
  openData(io, command.optsWithGlobals<CommonOptions>())

/**
 * Opens the data folder. Of the settings it reads only the location of the data and the names of the tenants, so the person
 * at the terminal needs none of the tokens.
 */
export async function openData(io: Io, options: CommonOptions): Promise<DataFolder> {
  const { file, named, found } = settingsFile(io, options)
  if (found && !options.sandbox) acceptFound(io, file)
  if (named && !options.sandbox && !existsSync(file)) throw new SettingsError(file, ['no such file'])
  const outline = existsSync(file) && !options.sandbox ? outlineOf(file) : {}
  const folder = dataFolder(outline, options)
  const route = () => routeIn(outline, io, file)
  const place = placeIn(io, storePlaceIn(outline, io.env, file))
  const isOverTls = place !== 'disk' && place.tls
  const { store, ...kept } = openStores(folder, place, {
    ...(io.uid !== undefined && { uid: io.uid }),
    ...(isOverTls && { route: route() }),
  })
  const { tenants } = outline
  const signingKey = outline.journal?.signingKey
  const { journal, close } = journalWithWebhook(kept.journal, io, () => {
    const Secret = secretFrom(io.env)
    return {
      webhook: webhookSettings({ Secret }).optional().parse(outline.webhook),
      signingKey,
      route: route(),
    }
  })
  return {
    store,
    journal,
    ...(tenants && { tenants: Object.keys(tenants) }),
    signingKey,
    async close() {
      await close()
      await store.close()
    },
  }
}

const Outline = z.lazy(() =>
  z.looseObject({
    dataDir: z.string().min(1).optional(),
    store: z.unknown().optional(),
    tenants: z.record(z.string(), z.unknown()).optional(),
    journal: z.looseObject({ signingKey: SigningKey.optional() }).optional(),
    webhook: z.unknown().optional(),
    proxy: z.unknown().optional(),
    ca: z.unknown().optional(),
  }),
)

/** The route to all that is no tenant's. Throws `SettingsError`. */
function routeIn({ proxy, ca }: Partial<z.infer<typeof Outline>>, { env }: Io, where: string): Route {
  const network = z.object(networkSettings).parse({ proxy, ca })
  const { route, problems } = routesOf(network, { env, where, Reference: secretFrom(env) })
  if (problems.length === 0) return route
  throw new SettingsError(
    where,
    problems.map(({ text }) => text),
  )
}

function outlineOf(file: string): Partial<z.infer<typeof Outline>> {
  try {
    const { dataDir, ...outline } = Outline.parse(parseJsonc(readFileSync(file, 'utf8')))
    return { ...outline, ...(dataDir !== undefined && { dataDir: resolve(dirname(file), dataDir) }) }
  } catch {
    throw new SettingsError(file, ['is not a valid settings file; run `check` to see why'])
  }
}

/** The place of the store. Warns on stderr if its password crosses the network in clear. */
export function placeIn(io: Io, place: StorePlace): StorePlace {
  const warning = place === 'disk' ? undefined : passwordInClear(place)
  if (warning !== undefined) io.stderr.write(`warning: ${warning}\n`)
  return place
}

/**
 * Opens the store, which survives a power loss; the budgets, which every request changes; what comparisons found, which is
 * large and soon old; and the journal. Throws
 * `SettingsError` if others may write in the folder, or this user may not.
 */
export function openStores(
  folder: string | undefined,
  place: StorePlace = 'disk',
  { uid, route = DIRECT }: Pick<Io, 'uid'> & { route?: Route } = {},
): { store: Store; budgets: Store; comparisons: Store; journal: Journal } {
  if (place !== 'disk') {
    const redis = openRedis(place, trustedBy(route))
    const store = redisStore(redis)
    return { store, budgets: store, comparisons: store, journal: streamJournal(redis, store) }
  }
  if (folder === undefined) {
    throw new SettingsError('no data folder', [
      'this user has no home folder (HOME): set HOME, or `dataDir` in the settings to a folder of this user',
    ])
  }
  mustBePrivate(folder, { uid })
  mustBeWritable(folder)
  const store = diskStore(join(folder, 'state'), { durable: true })
  const budgets = diskStore(join(folder, 'budgets'), { durable: false })
  const derived = diskStore(join(folder, 'journal-index'), { durable: false })
  const comparisons = diskStore(join(folder, 'comparisons'), { durable: false })
  return { store, budgets, comparisons, journal: fileJournal(folder, store, derived) }
}

/** The command line that a person types to run a command on the same data. */
export function typed(io: Io, options: CommonOptions, words: string): string {
  const { file, named } = settingsFile(io, options)
  const where = options.sandbox ? ' --sandbox' : named ? ` --config ${file}` : ''
  return `${io.self} ${words}${where}`
}
