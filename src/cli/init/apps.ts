import { SettingsError } from '../../config/problems.ts'
import { plainText, sameText } from '../../text/text.ts'
import type { ConnectWay, Vendor } from '../../vendors/define.ts'
import { vendors } from '../../vendors/index.ts'
import { APPS, type AppName } from '../../vendors/scim/profiles/apps.ts'
import { connectApp } from '../../vendors/scim/profiles/connect.ts'
import { profileOf } from '../../vendors/scim/profiles/index.ts'
import { nearApps } from '../../vendors/scim/profiles/near.ts'

/** An app that `init` can connect. */
export interface KnownApp {
  /** What is typed for it. */
  name: string
  title: string
  vendor: Vendor
  /** Its name in the catalogue, where it is one of those. */
  app?: AppName
  ways: readonly ConnectWay[]
}

/** The vendors that `init` can connect. */
export const connectable: readonly Vendor[] = vendors.filter(({ connect }) => connect !== undefined)

/** All of them: vendors first, then the catalogue. */
export const knownApps = (): KnownApp[] => [
  ...connectable.map((vendor) => ({
    name: vendor.name,
    title: vendor.name === 'scim' ? 'Another app with SCIM 2.0' : vendor.title,
    vendor,
    ways: vendor.connect ?? [],
  })),
  ...APPS.map(catalogued),
]

function catalogued(app: AppName): KnownApp {
  const vendor = vendors.find(({ name }) => name === 'scim')
  if (!vendor) throw new TypeError('no vendor scim')
  return { name: app, title: profileOf(app).title, vendor, app, ways: connectApp(app) }
}

/** The app of the catalogue with this name, or title. Throws `SettingsError`, naming those that are like it. */
export function appNamed(name: string): KnownApp {
  const found = APPS.find((app) => sameText(app, name) || sameText(profileOf(app).title, name))
  if (found) return catalogued(found)
  const near = nearApps(name)
  const hint =
    near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '; identity-mcp apps lists the known ones'
  throw new SettingsError('init', [`--app: no app "${plainText(name, 64)}" is known${hint}`])
}
