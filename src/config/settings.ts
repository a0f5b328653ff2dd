import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import * as z from 'zod'
import { JsonFault, parseJsonc } from './jsonc.ts'
import { type LeftOut, leftOutTenants, noteOn, without } from './left-out.ts'
import { badTenantNames, emptyFourEyes, protects, tenantsIn, unknownNames, vendorsIn } from './names.ts'
import { type Problem, type Route, routesOf } from './network.ts'
import { notesOn } from './notes.ts'
import { problemsOf, SettingsError } from './problems.ts'
import { type KeptSecret, secretFrom } from './reference.ts'
import { type ConfigurableVendor, type ParsedSettings, settingsSchema } from './schema.ts'
import { type StorePlace, storePlace } from './store.ts'

export type Settings = ParsedSettings & {
  /** The tenants whose own settings cannot be used. */
  leftOut: readonly LeftOut[]
  /** What whoever runs the server should know of them, in sentences. */
  notes: readonly string[]
  /** How requests reach the app of each tenant. */
  routes: ReadonlyMap<string, Route>
  /** How requests reach all else. */
  route: Route
  /** The secrets that can be read again. */
  keptSecrets: readonly KeptSecret[]
}

/** Reads and parses a settings file. Throws `SettingsError`. */
export function loadSettings(
  file: string,
  vendors: readonly ConfigurableVendor[],
  env: Readonly<Record<string, string | undefined>>,
): Settings {
  const raw = parseText(file, readText(file))
  const settings = parseSettings(raw, vendors, env, file)
  const placed = (path: string) => resolve(dirname(file), path)
  const { dataDir } = settings
  const tenants = Object.entries(settings.tenants).map(([name, tenant]) => [
    name,
    tenant.file === undefined ? tenant : { ...tenant, file: placed(tenant.file) },
  ])
  return { ...settings, tenants: Object.fromEntries(tenants), ...(dataDir && { dataDir: placed(dataDir) }) }
}

/** The store that raw settings name. Throws `SettingsError` with `where` in its message. */
export function storePlaceIn(
  { store }: { store?: unknown },
  env: Readonly<Record<string, string | undefined>>,
  where: string,
): StorePlace {
  const { data, error } = z.object({ store: storePlace(secretFrom(env)) }).safeParse({ store }, PARSE_ONCE)
  if (error) throw new SettingsError(where, error.issues.flatMap(problemsOf))
  return data.store
}

/** Each schema parses once: compiling a parser is not worth it. */
const PARSE_ONCE = { jitless: true }

/**
 * Validates parsed JSON. A tenant whose own settings are wrong is left out, if another is left. Throws `SettingsError` with
 * `where` in its message for whatever is wrong with the settings of all: a limit or a protected account, for example.
 */
export function parseSettings(
  raw: unknown,
  vendors: readonly ConfigurableVendor[],
  env: Readonly<Record<string, string | undefined>>,
  where: string,
): Settings {
  const faults: Problem[] = []
  const leftOut = new Set<string>()
  for (;;) {
    const read = readOnce(without(raw, leftOut), { vendors, env, where, leftOut })
    faults.push(...read.problems)
    const concernAll = read.problems.some(({ tenant }) => tenant === undefined)
    if (read.settings && read.problems.length === 0) {
      const out = leftOutTenants(raw, { vendors, leftOut, faults })
      const unplaced = out.find(({ tenant, url }) => url === undefined && protects(read.settings, tenant))
      if (!unplaced)
        return { ...read.settings, leftOut: out, notes: [...out.map(noteOn), ...read.settings.notes] }
    }
    for (const { tenant } of read.problems) if (tenant !== undefined) leftOut.add(tenant)
    const isStuck =
      concernAll || read.problems.length === 0 || leftOut.size === Object.keys(tenantsIn(raw)).length
    if (isStuck)
      throw new SettingsError(
        where,
        faults.map(({ text }) => text),
      )
  }
}

function readOnce(
  raw: unknown,
  {
    vendors,
    env,
    where,
    leftOut,
  }: Pick<Parameters<typeof routesOf>[1], 'env' | 'where'> & {
    vendors: readonly ConfigurableVendor[]
    leftOut: ReadonlySet<string>
  },
): { settings?: Omit<Settings, 'leftOut'>; problems: Problem[] } {
  const keptSecrets: KeptSecret[] = []
  const Reference = secretFrom(env, { kept: keptSecrets })
  const parts = { Secret: Reference, SecretText: secretFrom(env, { form: 'text', kept: keptSecrets }) }
  const parsed = settingsSchema(vendors, parts, vendorsIn(raw)).safeParse(raw, PARSE_ONCE)
  const network = parsed.data && routesOf(parsed.data, { env, where, Reference })
  const ofAll = [
    ...badTenantNames(raw),
    ...(parsed.data ? [...unknownNames(parsed.data, vendors, leftOut), ...emptyFourEyes(parsed.data)] : []),
  ]
  const problems = [
    ...ofAll.map((text) => ({ text })),
    ...(parsed.error?.issues.flatMap((issue) =>
      problemsOf(issue).map((text): Problem => ({ text, ...tenantOf(issue, raw, vendors) })),
    ) ?? []),
    ...(network?.problems ?? []),
  ]
  if (!network) return { problems }
  const { routes, route } = network
  return {
    settings: { ...parsed.data, notes: notesOn(raw, parsed.data), routes, route, keptSecrets },
    problems,
  }
}

/** The tenant whose settings an issue is in. Of a tenant without a known vendor too little is known to leave it out. */
function tenantOf(
  { path: [at, name] }: z.core.$ZodIssue,
  raw: unknown,
  vendors: readonly ConfigurableVendor[],
): { tenant?: string } {
  if (at !== 'tenants' || typeof name !== 'string') return {}
  const { vendor } = (tenantsIn(raw)[name] ?? {}) as { vendor?: unknown }
  return vendors.some((known) => known.name === vendor) ? { tenant: name } : {}
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : 'cannot be read'
    throw new SettingsError(file, [reason])
  }
}

function parseText(file: string, text: string): unknown {
  try {
    return parseJsonc(text)
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw new SettingsError(file, [error.message])
  }
}
