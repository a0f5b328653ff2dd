import { serveCanned } from '../canned.ts'
import { oddVendors } from '../odd-vendors.ts'
import { entra } from './entra.ts'
import type { Directory, DirectoryForm } from './form.ts'
import { services, users } from './gainsight.ts'
import { google } from './google.ts'
import { okta } from './okta.ts'
import { scim } from './scim.ts'

const FORMS = { scim, okta, entra, google, services, users } as const satisfies Record<string, DirectoryForm>
export type FormName = keyof typeof FORMS

const { forms, env } = await oddVendors()

/** The secrets that the settings of these apps refer to. */
export const ODD_ENV = env

export const formOf = (name: FormName): DirectoryForm => FORMS[name]

const settingsOf = (name: FormName, url: string): Record<string, unknown> =>
  forms[name]?.settings(url) ?? { vendor: 'scim', url, tokens: { scim: 'env:T' } }

/** Serves a directory in the form of a vendor, with the settings of a tenant for it. */
export async function serveDirectory(name: FormName, directory: Directory) {
  const app = await serveCanned((asked) => FORMS[name].answer(asked, directory))
  const settings = {
    ...settingsOf(name, app.url),
    verifyWindowMs: 1_000,
    budget: { perMinute: 6_000 },
  }
  return { ...app, settings }
}
