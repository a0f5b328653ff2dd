import { switchTool } from './set-active.ts'

export default switchTool({
  name: 'deactivate_user',
  title: 'Deactivate a user',
  description:
    'Take access away; reactivate_user undoes it. Use find_user first. ' +
    'After `unknown` look, never repeat.',
  effect: 'removes',
  operation: 'deactivateAccount',
  verb: 'Deactivate',
  to: 'inactive',
  outcomes: ['deactivated', 'already_inactive'],
  consequence: ({ facts }) =>
    [
      facts.propagationMinutes &&
        `The account's traffic may pass for up to ${facts.propagationMinutes} minutes.`,
      facts.endsSessions !== 'yes' && 'Sessions at the identity provider are not ended.',
      facts.deactivate === 'deletes' && 'This app deletes what is deactivated: it cannot be undone.',
      facts.deactivate === 'unknown' && 'Whether this app can undo it is not known.',
    ]
      .filter((text) => text)
      .join(' '),
})
