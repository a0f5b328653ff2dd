import { defineVendor } from './define.ts'
import { checkTokens } from './gainsight/check-token.ts'
import { openClients } from './gainsight/clients.ts'
import { connect } from './gainsight/connect.ts'
import { gainsightError, isGateway } from './gainsight/errors.ts'
import { extensionMapping, readExtension } from './gainsight/extension.ts'
import { GSID } from './gainsight/gsid.ts'
import { refusingSuperAdmins } from './gainsight/refuse-super-admins.ts'
import { dialectIn } from './gainsight/rest/find-dialect.ts'
import { restOperations } from './gainsight/rest/operations.ts'
import { type GainsightSettings, settings } from './gainsight/settings.ts'
import { about, setup } from './gainsight/setup.ts'
import { scimOperations } from './scim/operations.ts'

export type { GainsightSettings } from './gainsight/settings.ts'

export default defineVendor<GainsightSettings>({
  name: 'gainsight',
  title: 'Gainsight',
  connect,
  settings,
  // There is no audit API. Only Gainsight's console shows activity, and the identity provider keeps a log.
  facts: () => ({ deactivate: 'reversible', delete: 'deactivates', endsSessions: 'unknown', audit: 'none' }),
  // support.gainsight.com, "User Management APIs". SCIM may share this limit.
  budget: { perHour: 100, perDay: 1_000, atOnce: 2, reserve: 0.1 },
  operations: (settings, app) => {
    const clients = openClients(settings, app)
    const { scim, rest } = clients
    const { tenant } = app
    const operations = scim
      ? scimOperations({
          tenant,
          vendor: 'gainsight',
          client: scim.client,
          settings,
          memory: app.memory,
          more: readExtension,
          tells: ['admin', 'licence'],
          mapping: extensionMapping(settings),
          isGateway,
          idForm: GSID,
          explain: async (failure, { effect }) =>
            gainsightError(failure, { surface: 'SCIM', effect, tokenKind: scim.tokenKind }),
        })
      : rest && restOperations({ tenant, client: rest.client, settings, memory: app.memory })
    if (!operations) throw new TypeError('the settings name no token')
    return {
      ...(settings.superAdminWrites ? operations : refusingSuperAdmins(operations)),
      async checkTokens(_, context) {
        const found = await dialectIn(app.memory)
        return checkTokens({ clients, app, dialect: settings.restDialect, found, listing: settings }, context)
      },
    }
  },
  about,
  setup,
})
