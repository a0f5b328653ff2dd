import { existsSync, readFileSync } from 'node:fs'
import pkg from '../../../package.json' with { type: 'json' }
import { allow, ownSettings, strangeSendings } from '../../app/found-settings.ts'
import { setIn } from '../../clients/json-edit.ts'
import { replaceFile } from '../../clients/replace-file.ts'
import { Uneditable } from '../../clients/uneditable.ts'
import { parseJsonc, withoutBom } from '../../config/jsonc.ts'
import { SettingsError } from '../../config/problems.ts'

type Json = Record<string, unknown>

/** The tenants of a settings file as they are written; none if there is no file. Throws `SettingsError`. */
export function tenantsIn(file: string): Readonly<Record<string, Json>> {
  const { tenants } = (existsSync(file) ? rawIn(file) : {}) as { tenants?: unknown }
  return typeof tenants === 'object' && tenants !== null ? (tenants as Record<string, Json>) : {}
}

/** The environment variables that a settings file names. */
export function variablesIn(file: string): string[] {
  const found = new Set<string>()
  JSON.stringify(existsSync(file) ? rawIn(file) : {}, (_, value) => {
    const [, name] = typeof value === 'string' ? (/^env:(\w+)$/.exec(value) ?? []) : []
    if (name !== undefined) found.add(name)
    return value
  })
  return [...found]
}

/** Writes a tenant into the settings file, which is made if it is not there; all else in it stays. Throws `SettingsError`. */
export function writeTenant(file: string, name: string, tenant: Json): void {
  const known = tenantsIn(file)[name]
  try {
    const text = existsSync(file) ? withoutBom(readFileSync(file, 'utf8')) : START
    // Value by value, so that what a person wrote between them stays.
    const edited = known
      ? flat(tenant).reduce((text, [path, value]) => setIn(text, ['tenants', name, ...path], value), text)
      : setIn(text, ['tenants', name], tenant)
    replaceFile(file, edited)
  } catch (error) {
    throw new SettingsError(file, [error instanceof Uneditable ? error.message : 'cannot be written'])
  }
  // Whoever has just written it need not be asked about it.
  if (file !== ownSettings && strangeSendings(file).length > 0) allow(file)
}

const START = `${JSON.stringify({ $schema: `https://unpkg.com/${pkg.name}@${pkg.version}/docs/settings.schema.json` }, null, 2)}\n`

/** The values at the ends of an object, with their paths. */
const flat = (value: Json): [string[], unknown][] =>
  Object.entries(value).flatMap(([key, inner]): [string[], unknown][] =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? flat(inner as Json).map(([path, end]) => [[key, ...path], end])
      : [[[key], inner]],
  )

function rawIn(file: string): unknown {
  try {
    return parseJsonc(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new SettingsError(file, [
      error instanceof Error && 'code' in error
        ? 'cannot be read'
        : 'is not valid JSON; run `check` to see where',
    ])
  }
}
