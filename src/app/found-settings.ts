import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseJsonc } from '../config/jsonc.ts'
import { SettingsError } from '../config/problems.ts'
import { isReference } from '../config/reference.ts'
import { filledIn } from '../config/schema.ts'
import { plainText } from '../text/text.ts'
import { vendors } from '../vendors/index.ts'
import type { Io } from './io.ts'
import { userFolders } from './user-folders.ts'

/** The user's settings file; undefined for a user without a home. */
export const ownSettings = userFolders.config && join(userFolders.config, 'identity-mcp.json')

/** What a person allowed: files by their path and content. */
const allowedFile = userFolders.data && join(userFolders.data, 'allowed-settings.json')

/** A secret, or a file of people, that a settings file sends somewhere, each as the file names it. */
interface Sending {
  secret: string
  to: string
}

/** A sending in words. */
export const sendingText = ({ secret, to }: Sending): string => `${plainText(secret)} to ${plainText(to)}`

/**
 * Says which settings were found in the working folder, where a cloned repository or an agent can put some. Where the user
 * has own settings, throws `SettingsError` if these send a secret elsewhere, until the person allowed exactly that file.
 */
export function acceptFound(io: Io, file: string): void {
  const strange = strangeSendings(file)
  if (strange.length > 0 && !isAllowed(file)) {
    throw new SettingsError(`${file}, found in the working folder`, [
      ...strange.map((one) => `sends ${sendingText(one)}, which your own settings (${ownSettings}) do not`),
      `look at it, and then allow it once in a terminal: ${io.self} allow`,
    ])
  }
  io.stderr.write(`settings: ${file} (found in the working folder)\n`)
}

/** What the file sends and the user's own settings do not; nothing without such settings. */
export function strangeSendings(file: string): Sending[] {
  if (!ownSettings || !existsSync(ownSettings)) return []
  const own = new Set(sendingsIn(ownSettings).map(keyOf))
  return sendingsIn(file).filter((sending) => !own.has(keyOf(sending)))
}

const keyOf = ({ secret, to }: Sending) => JSON.stringify([secret, to])

/** Remembers a person's yes to the file as it is now. */
export function allow(file: string): void {
  if (!allowedFile) throw new SettingsError('no home folder', ['set the variable HOME'])
  const all = { ...allowed(), [file]: hashOf(file) }
  mkdirSync(dirname(allowedFile), { recursive: true, mode: 0o700 })
  writeFileSync(allowedFile, `${JSON.stringify(all, undefined, 2)}\n`, { mode: 0o600 })
}

const isAllowed = (file: string): boolean => allowed()[file] === hashOf(file)
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

function allowed(): Record<string, unknown> {
  return ((allowedFile && parsed(allowedFile)) ?? {}) as Record<string, unknown>
}

/**
 * Every pair of a secret and an address in one part of the settings: a tenant, the webhook, the store. Reads what does not
 * fit the schema too; a file that cannot be read sends nothing.
 */
function sendingsIn(file: string): Sending[] {
  const { tenants, webhook, proxy, ca, ...rest } = (parsed(file) ?? {}) as Record<string, unknown>
  const apps = Object.values(typeof tenants === 'object' && tenants !== null ? tenants : {})
  // With the address of the app that a tenant names, which need not be written; a proxy and an authority of all are part of
  // each.
  const whole = [...apps, ...(webhook ? [webhook] : [])].map((part) => ({
    proxy,
    ca,
    ...(filledIn(part, vendors) as object),
  }))
  return [...whole, ...Object.values(rest)].flatMap((part) => {
    const texts = textsIn(part)
    const secrets = texts.filter(isReference)
    const hosts = texts
      .flatMap((text) => (URL.canParse(text) ? [new URL(text).host] : []))
      .filter((host) => host)
    const { vendor, ca: authority, file: people } = (part ?? {}) as Record<string, unknown>
    const targets = [
      ...(hosts.length > 0 ? hosts : [vendor === undefined ? 'the address in it' : String(vendor)]),
      // It can vouch for anybody.
      ...(typeof authority === 'string' ? [`whom ${resolve(dirname(file), authority)} vouches for`] : []),
    ]
    // What is in a file of people is told to whoever asks.
    const told = typeof people === 'string' ? [{ secret: resolve(dirname(file), people), to: 'agents' }] : []
    return [...secrets.flatMap((secret) => targets.map((to) => ({ secret, to }))), ...told]
  })
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function parsed(file: string): unknown {
  try {
    return parseJsonc(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
