import type { RequestContext, Target } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { path } from '../http/client.ts'
import { field, type Rec } from '../http/values.ts'
import { toUser } from './read.ts'
import { ask, recordIn, type ScimApp } from './request.ts'

/** A user as the app holds it now, and the header that ties a change to this version. */
export interface Current {
  raw: Rec
  headers: Record<string, string>
}

/** Reads the user to change. Throws `Conflict` when the id now belongs to a different user name. */
export async function readCurrent(app: ScimApp, target: Target, context: RequestContext): Promise<Current> {
  const answer = await ask(app, { path: path`/Users/${target.id}` }, context)
  const raw = await recordIn(app, answer, 'Users', context)
  if (!raw) throw new NotFound('The account is gone.', 'Look it up again with find_user.')
  const user = toUser(app, raw)
  if (!user || user.account.id !== target.id || !sameUserName(user.account.userName, target.userName)) {
    throw new Conflict(
      'The account’s user name differs from the one this change is for.',
      'Look it up again with find_user.',
    )
  }
  const version = [answer.ok && answer.etag, field(field(raw, 'meta'), 'version')].find(isEtag)
  // Only where the app says that it supports versions: some reject valid ones (Captain-P-Goldfish/SCIM-SDK#746).
  return { raw, headers: app.known?.now.etag && version ? { 'if-match': version } : {} }
}

const isEtag = (value: unknown): value is string =>
  typeof value === 'string' && /^(W\/)?"[\x21\x23-\x7e]{0,256}"$/.test(value)
