import { switchTool } from './switch-account.ts'

export default switchTool({
  name: 'deactivate_user',
  title: 'Deactivate a user',
  description:
    'Remove access; reactivate_user restores it. Use find_user first. ' +
    'After `unknown` look it up, never repeat.',
  effect: 'removes',
  operation: 'deactivateAccount',
  to: 'inactive',
  outcomes: ['deactivated', 'already_inactive'],
})
