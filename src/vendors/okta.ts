import { defineVendor } from './define.ts'
import { checkTokens } from './okta/check-token.ts'
import { openClients } from './okta/clients.ts'
import { connect } from './okta/connect.ts'
import { oktaOperations } from './okta/operations.ts'
import { type OktaSettings, settings } from './okta/settings.ts'
import { access } from './okta/setup.ts'
import type { OktaApp } from './okta/users.ts'

export default defineVendor<OktaSettings>({
  name: 'okta',
  title: 'Okta',
  connect,
  access,
  settings,
  facts: ({ deactivateMeans }) => ({
    deactivate: 'reversible',
    delete: 'unknown',
    endsSessions: 'yes',
    audit: 'users',
    caveats: {
      deactivate:
        deactivateMeans === 'deactivate'
          ? 'The account loses all of its app assignments; a reactivation does not bring them back.'
          : undefined,
    },
  }),
  // developer.okta.com, "Rate limits": 600 a minute for most parts of the management API; replies tell the real ones.
  budget: { perMinute: 500, atOnce: 10, reserve: 0.1 },
  about: [
    'Okta is where people sign in: end_sessions and deactivate_user end sessions and refresh tokens here.',
    'Users are found by login, email, second email, external id and id. `state` is the state in Okta’s words.',
    'Groups that a rule, an app or a directory fills are not changed by hand, nor users that come from a directory.',
  ],
  operations: (settings, context) => {
    const clients = openClients(settings, context)
    const app: OktaApp = {
      base: clients.base,
      clients: clients.of,
      tenant: context.tenant,
      memory: context.memory,
      externalIdAttribute: settings.externalIdAttribute,
      pageSize: settings.pageSize,
      maxPages: settings.maxPages,
    }
    return {
      ...oktaOperations(app, settings),
      checkTokens: (_, around) =>
        checkTokens(
          { clients, changes: settings.allowWrites, provisions: settings.provisions !== undefined },
          context,
          around,
        ),
    }
  },
})
