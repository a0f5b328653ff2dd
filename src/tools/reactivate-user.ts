import { switchTool } from './switch-account.ts'

export default switchTool({
  name: 'reactivate_user',
  title: 'Reactivate a user',
  description: 'Give back the access that deactivate_user took.',
  effect: 'adds',
  operation: 'reactivateAccount',
  to: 'active',
  outcomes: ['reactivated', 'already_active'],
})
