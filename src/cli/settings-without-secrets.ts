import { readFileSync } from 'node:fs'
import type { Io } from '../app/io.ts'
import { type CommonOptions, sandboxSettings, settingsFile, settingsOf } from '../app/stores.ts'
import { parseJsonc } from '../config/jsonc.ts'
import { DIRECT } from '../config/network.ts'
import { SettingsError } from '../config/problems.ts'
import { SecretReference } from '../config/reference.ts'
import { settingsSchema } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import { Secret } from '../secret.ts'
import { vendors } from '../vendors/index.ts'

/** The settings for a command that sends nothing and so needs no secrets. Throws `SettingsError`. */
export async function shownSettings(io: Io, options: CommonOptions): Promise<Settings> {
  if (options.sandbox) {
    const { startSandbox } = await import('../sandbox/index.ts')
    const sandbox = await startSandbox()
    await sandbox.close()
    return sandboxSettings(sandbox.settings, sandbox.env, options)
  }
  try {
    return settingsOf(io, options)
  } catch (error) {
    const settings = error instanceof SettingsError ? withoutSecrets(io, options) : undefined
    if (settings) return settings
    // Not only secrets are missing.
    throw error
  }
}

/** The settings with placeholders for missing secrets; undefined if they are invalid otherwise. */
function withoutSecrets(io: Io, options: CommonOptions): Settings | undefined {
  const PlaceholderSecret = SecretReference.transform((reference) => {
    const [, variable = ''] = /^env:(.+)$/.exec(reference) ?? []
    return new Secret(io.env[variable] || `<the value of ${reference}>`)
  })
  const PlaceholderText = SecretReference.transform((reference) => new Secret(`<the text of ${reference}>`))
  // Vendors check that a key, a certificate or a key file is one, which a placeholder is not.
  const unchecked = Object.assign(PlaceholderText, { refine: () => PlaceholderText })
  try {
    const raw = parseJsonc(readFileSync(settingsFile(io, options).file, 'utf8')) as object
    // These commands do not open the store.
    const schema = settingsSchema(vendors, { Secret: PlaceholderSecret, SecretText: unchecked })
    const { data } = schema.safeParse({ ...raw, store: undefined })
    return data && { ...data, leftOut: [], notes: [], routes: new Map(), route: DIRECT, keptSecrets: [] }
  } catch {
    return undefined
  }
}
