import { switchTool } from './switch-account.ts'

export default switchTool({
  name: 'reactivate_user',
  title: 'Reactivate a user',
  description: 'Restore the access that deactivate_user removed.',
  effect: 'adds',
  operation: 'reactivateAccount',
  to: 'active',
  outcomes: ['reactivated', 'already_active'],
})
