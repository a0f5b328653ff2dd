import type { RequestContext } from '../../domain/operations.ts'
import { UnknownOutcome } from '../../errors.ts'
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
 * The sessions of users. Google does not tell whether somebody was signed out: as long as that is not known, nothing else
 * shows that the sessions have ended.
 */
export function googleSessions(api: GoogleApi) {
  const unsure = new Set<string>()

  /** Undefined where it is not known whether the user was signed out. */
  async function left(user: string, context: RequestContext): Promise<number | undefined> {
    const { apps, passwords } = await credentialsOf(api, user, context)
    const credentials = apps.length + passwords.length
    return credentials === 0 && unsure.has(user) ? undefined : credentials
  }

  async function signOut(user: string, context: RequestContext): Promise<void> {
    const request = { method: 'POST', path: path`/admin/directory/v1/users/${user}/signOut` } as const
    try {
      await mustAsk(api, SCOPE, request, context)
      unsure.delete(user)
    } catch (error) {
      if (error instanceof UnknownOutcome) unsure.add(user)
      throw error
    }
  }

  /** One that is gone by then is no failure. */
  async function deleteCredentials(user: string, context: RequestContext): Promise<void> {
    const { apps, passwords } = await credentialsOf(api, user, context)
    const places = [
      ...apps.map((id) => path`/admin/directory/v1/users/${user}/tokens/${id}`),
      ...passwords.map((id) => path`/admin/directory/v1/users/${user}/asps/${id}`),
    ]
    // All of them are tried: one that stays is no reason to keep the others.
    const tried = await Promise.allSettled(
      places.map((place) => ask(api, SCOPE, { method: 'DELETE', path: place }, context)),
    )
    const failed = tried.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
  }

  return {
    left,
    /**
     * Signs the user out everywhere, then deletes the OAuth tokens and application passwords that are there
     * (developers.google.com, "users.signOut", "tokens.delete", "asps.delete").
     */
    end: (user: string, context: RequestContext) =>
      inSteps([() => signOut(user, context), () => deleteCredentials(user, context)], {
        app: 'Google',
        look: 'The user is signed out; end_sessions can be asked for again.',
      }),
  }
}
