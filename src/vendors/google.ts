import { defineVendor } from './define.ts'
import { checkTokens } from './google/check-token.ts'
import { openClients } from './google/clients.ts'
import { connect } from './google/connect.ts'
import { pullAudit } from './google/logs.ts'
import { googleOperations } from './google/operations.ts'
import { type GoogleSettings, settings } from './google/settings.ts'
import { access } from './google/setup.ts'

export default defineVendor<GoogleSettings>({
  name: 'google',
  title: 'Google Workspace',
  connect,
  access,
  settings,
  facts: () => ({
    deactivate: 'reversible',
    delete: 'unknown',
    endsSessions: 'yes',
    audit: 'users',
    caveats: {
      deactivate:
        'A suspended account keeps its licence, its data and its groups; new mail to it is not delivered.',
      more: 'The search can be up to 36 hours behind; look-ups by address, alias and id are not.',
    },
  }),
  // developers.google.com, Directory API, "Limits and quotas": 2,400 a minute for a user and a project.
  budget: { perMinute: 2_000, atOnce: 10, reserve: 0.1 },
  about: [
    'Google Workspace is where people sign in: end_sessions and deactivate_user sign out and delete OAuth tokens and application passwords.',
    'Users are found by primary address, alias, id and external id. `custom.googleStatus` is the state in Google’s words.',
    'Accounts of administrators, delegated ones too, are not changed here unless the settings allow it.',
  ],
  operations: (settings, context) => {
    const { domain, admin, adminWrites, externalIdType, pageSize, allowWrites, tokens } = settings
    const api = { clients: openClients(settings, context), admin }
    return {
      ...googleOperations(
        { ...api, tenant: context.tenant, domain, externalIdType, pageSize },
        { admin, adminWrites },
      ),
      pullAudit: (ask, around) => pullAudit(api, ask, around),
      checkTokens: (_, around) =>
        checkTokens({ api, domain, token: tokens.serviceAccount, allowWrites }, context, around),
    }
  },
})
