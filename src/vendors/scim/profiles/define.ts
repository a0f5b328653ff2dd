import type { Budget } from '../../../config/schema.ts'
import type { Caveats, Facts } from '../../../domain/facts.ts'
import type { ScimSettings } from '../settings.ts'

/** What a profile may say: settings that a tenant could write as well. */
export interface ProfileSettings extends Partial<Omit<ScimSettings, 'maxPages' | 'allowDelete'>> {
  freesSeat?: NonNullable<Facts['freesSeat']>
  /** Blanks in braces are filled in by the tenant's `at`. */
  url?: string
  /** Has the same blanks. */
  tokenUrl?: string
  clientAuth?: 'basic' | 'body'
  grant?: 'client_credentials' | 'account_credentials'
  scope?: string
  authHeader?: string
  headers?: Readonly<Record<string, string>>
  tokenMade?: string
  allowWrites?: boolean
  budget?: Budget
  deactivateMeans?: Facts['deactivate']
  deleteMeans?: Facts['delete']
  endsSessions?: Facts['endsSessions']
  customAttributes?: Readonly<Record<string, string>>
  caveats?: Caveats
}

/** Settings, and the public page or code that they are taken from. */
interface SourcedSettings {
  source: string
  settings: ProfileSettings
}

/** What is known of one app that speaks SCIM 2.0. */
export interface AppProfile {
  title: string
  /** What each blank of the address means. */
  at?: Readonly<Record<string, string>>
  parts: readonly SourcedSettings[]
}

/** These settings, as `source` has them. */
export const from = (source: string, settings: ProfileSettings): SourcedSettings => ({ source, settings })

/** A provisioning tutorial of Microsoft Entra ID. */
export const entra = (app: string): string =>
  file('MicrosoftDocs/entra-docs', `docs/identity/saas-apps/${app}-provisioning-tutorial.md`)

/** A file of a public repository. */
export const file = (repository: string, path: string): string =>
  `https://github.com/${repository}/blob/HEAD/${path}`
