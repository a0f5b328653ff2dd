import { switchTool } from './switch-account.ts'

export default switchTool({
  name: 'deactivate_user',
  title: 'Deactivate a user',
  description:
    'Take access away; reactivate_user undoes it. Use find_user first. ' +
    'After `unknown` look, never repeat.',
  effect: 'removes',
  operation: 'deactivateAccount',
  to: 'inactive',
  outcomes: ['deactivated', 'already_inactive'],
})
