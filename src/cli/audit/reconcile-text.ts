import type { Io } from '../../app/io.ts'
import type { AuditEvent } from '../../domain/account.ts'
import { table } from '../table.ts'
import type { Reconciled } from './reconcile.ts'

/** What a reconciliation found, for people. */
export function reconciledLines(io: Io, { shown, notShown, notOurs, knownAs, gaps }: Reconciled): string[] {
  const list = (title: string, events: readonly AuditEvent[]) =>
    events.length === 0
      ? []
      : [
          '',
          title,
          ...table(
            io,
            events.map(({ time, actor = '', action, target = '' }) => [time, actor, action, target]),
          ),
        ]
  return [
    `${shown} changes of this server are in the app’s log.`,
    ...(knownAs.length > 0 ? [`The app knows this server as ${knownAs.join(', ')}.`] : []),
    ...list('Changes of this server that the app’s log does not show:', notShown),
    ...list('Changes to the same people that this server did not make:', notOurs),
    ...gaps,
  ]
}
