import { defineVendor } from './define.ts'
import { checkTokens } from './entra/check-token.ts'
import { openConnection } from './entra/clients.ts'
import { connect } from './entra/connect.ts'
import { pullAudit } from './entra/logs.ts'
import { entraOperations } from './entra/operations.ts'
import { type EntraSettings, fillIn, settings } from './entra/settings.ts'
import { access } from './entra/setup.ts'

export default defineVendor<EntraSettings>({
  name: 'entra',
  title: 'Microsoft Entra ID',
  connect,
  access,
  settings,
  fillIn,
  facts: ({ endSessions }) => ({
    deactivate: 'reversible',
    delete: 'soft',
    endsSessions: endSessions ? 'yes' : 'no',
    audit: 'users',
    caveats: {
      // learn.microsoft.com/entra/identity/users/users-revoke-access; continuous access evaluation ends them earlier.
      deactivate: 'Apps may accept access tokens that they hold already for up to an hour.',
    },
  }),
  // learn.microsoft.com/graph/throttling-limits: 3,500 resource units in 10 s at a small directory, 1 or 2 a read; 3,000
  // writes in 2.5 minutes. Replies tell the real ones.
  budget: { perMinute: 1_200, write: { perMinute: 600 }, atOnce: 10, reserve: 0.1 },
  about: [
    'Entra ID is where people sign in: end_sessions and deactivate_user end sessions and refresh tokens here.',
    'Users are found by user principal name, email, alias, employee ID, immutable ID and id. `custom.onPremisesSyncEnabled` ' +
      'marks accounts that Active Directory keeps: they are changed there. `userType` Guest is somebody of another directory.',
    'Groups that a rule, Active Directory or Exchange keeps are not changed by hand.',
  ],
  operations: (settings, context) => {
    const connection = openConnection(settings, context)
    return {
      ...entraOperations(connection, context.tenant, settings),
      pullAudit: (ask, around) => pullAudit(connection, ask, around),
      checkTokens: (_, around) => checkTokens(connection, settings, context, around),
    }
  },
})
