import type { RequestContext } from '../../domain/operations.ts'
import { path } from '../http/client.ts'
import { asId, field } from '../http/values.ts'
import { inSteps } from '../records/steps.ts'
import { ask, everyRowOf, type GoogleApi, mustAsk } from './api.ts'

const SCOPE = 'admin.directory.user.security'

/**
 * What lets apps in without a sign-in: the ids of the apps that hold OAuth tokens, and of application passwords
 * (developers.google.com, "tokens.list", "asps.list"). Neither list has pages.
 */
export async function credentialsOf(
  api: GoogleApi,
  user: string,
  context: RequestContext,
): Promise<{ apps: string[]; passwords: string[] }> {
  const list = async (what: 'tokens' | 'asps', id: 'clientId' | 'codeId') => {
    const idOf = (row: unknown) => asId(field(row, id))
    const at = { scope: SCOPE, path: path`/admin/directory/v1/users/${user}/` + what, rows: 'items' } as const
    const rows = await everyRowOf(api, at, idOf, context)
    return rows.flatMap((row) => idOf(row) ?? [])
  }
  const [apps, passwords] = await Promise.all([list('tokens', 'clientId'), list('asps', 'codeId')])
  return { apps, passwords }
}

/**
 * Signs the user out everywhere, then deletes the OAuth tokens and application passwords that are there
 * (developers.google.com, "users.signOut", "tokens.delete", "asps.delete"). One that is gone by then is no failure.
 */
export async function endSessions(api: GoogleApi, user: string, context: RequestContext): Promise<void> {
  const write = (method: 'POST' | 'DELETE', at: string) => ({ method, path: at })
  const signOut = () =>
    mustAsk(api, SCOPE, write('POST', path`/admin/directory/v1/users/${user}/signOut`), context)
  const deleteAll = async () => {
    const { apps, passwords } = await credentialsOf(api, user, context)
    const places = [
      ...apps.map((id) => path`/admin/directory/v1/users/${user}/tokens/${id}`),
      ...passwords.map((id) => path`/admin/directory/v1/users/${user}/asps/${id}`),
    ]
    // All of them are tried: one that stays is no reason to keep the others.
    const tried = await Promise.allSettled(
      places.map((place) => ask(api, SCOPE, write('DELETE', place), context)),
    )
    const failed = tried.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
  }
  await inSteps([signOut, deleteAll], {
    app: 'Google',
    look: 'Signed out is done; end_sessions can be asked for again.',
  })
}
