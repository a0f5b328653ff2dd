import { switchTool } from './set-active.ts'

export default switchTool({
  name: 'reactivate_user',
  title: 'Reactivate a user',
  description: 'Give back the access that deactivate_user took.',
  effect: 'adds',
  operation: 'reactivateAccount',
  verb: 'Reactivate',
  to: 'active',
  outcomes: ['reactivated', 'already_active'],
  consequence: ({ facts }) =>
    facts.propagationMinutes
      ? `It may take up to ${facts.propagationMinutes} minutes to act everywhere.`
      : '',
})
