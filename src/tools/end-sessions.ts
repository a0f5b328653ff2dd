import { switchTool } from './switch-account.ts'

export default switchTool({
  name: 'end_sessions',
  title: 'End the sessions of a user',
  description:
    'Sign somebody out everywhere: ends sessions and refresh tokens; the account stays. ' +
    'deactivate_user does it by itself.',
  effect: 'removes',
  operation: 'endSessions',
  outcomes: ['ended'],
})
