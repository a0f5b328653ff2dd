import type { Account } from '../../domain/account.ts'
import type { Created, Operations, Reads, RequestContext, Target } from '../../domain/operations.ts'
import { bare, named } from '../../domain/quoting.ts'
import { sameUserName } from '../../domain/same.ts'
import { Conflict, NotFound, Refused } from '../../errors.ts'
import { path } from '../http/client.ts'
import { asId, asWord, field, type Rec } from '../http/values.ts'
import { mustAsk } from './api.ts'
import { directoryIn, directoryOf, otherProvider, profileOf, stateIn } from './profile.ts'
import type { OktaSettings } from './settings.ts'
import { canSuspend, reactivation, stateOf } from './states.ts'
import { type OktaApp, rawUser } from './users.ts'

type AccountWrites = Required<
  Pick<
    Operations,
    'deactivateAccount' | 'endSessions' | 'reactivateAccount' | 'createAccount' | 'updateAccount'
  >
>
type Means = OktaSettings['deactivateMeans']

/** The changes of users. */
export const accountWrites = (app: OktaApp, means: Means): AccountWrites => ({
  async deactivateAccount(target, context) {
    const raw = await ownUser(app, target, context)
    const state = stateOf(raw)
    if (means === 'suspend' && !canSuspend(state)) throw cannotSuspend(target.userName, state)
    await step(app, target, { name: means, query: means === 'deactivate' ? NO_MAIL : {} }, context)
  },
  async reactivateAccount(target, context) {
    const name = reactivation(stateOf(await ownUser(app, target, context)))
    if (!name) throw changedSince()
    await step(app, target, { name, query: name === 'activate' ? { sendEmail: 'true' } : {} }, context)
  },
  async endSessions(target, context) {
    await currentUser(app, target, context)
    await mustAsk(
      app,
      'okta.users.manage',
      { method: 'DELETE', path: path`/users/${target.id}/sessions`, query: { oauthTokens: 'true' } },
      context,
    )
  },
  async createAccount({ fields }, context): Promise<Created> {
    const profile = { login: fields.email, ...profileOf(fields, app.externalIdAttribute) }
    const { body } = await mustAsk(
      app,
      'okta.users.manage',
      { method: 'POST', path: '/users', query: { activate: 'true' }, body: { profile } },
      context,
    )
    const id = asId(field(body, 'id'))
    return id === undefined ? {} : { id }
  },
  async updateAccount({ set: { status: _, ...set }, ...target }, context) {
    const profile = profileOf(set, app.externalIdAttribute)
    await ownUser(app, target, context)
    // A part of the profile: what is left out stays (developer.okta.com, "Update a user").
    const request = { method: 'POST', path: path`/users/${target.id}`, body: { profile } } as const
    await mustAsk(app, 'okta.users.manage', request, context)
  },
})

const NO_MAIL = { sendEmail: 'false' }

const step = (
  app: OktaApp,
  { id }: Target,
  { name, query }: { name: string; query: Record<string, string> },
  context: RequestContext,
) =>
  mustAsk(
    app,
    'okta.users.manage',
    { method: 'POST', path: path`/users/${id}/lifecycle/${name}`, query },
    context,
  )

/** The user as it is now, right before a change. */
async function currentUser(app: OktaApp, { id, userName }: Target, context: RequestContext): Promise<Rec> {
  const raw = await rawUser(app, id, context)
  if (!raw) throw new NotFound('The account is gone.', 'Look it up again with find_user.')
  if (raw.id !== id || !sameUserName(asWord(field(raw.profile, 'login')), userName)) throw changedSince()
  return raw
}

/** The same, of a user that Okta keeps. */
async function ownUser(app: OktaApp, target: Target, context: RequestContext): Promise<Rec> {
  const raw = await currentUser(app, target, context)
  const directory = directoryOf(otherProvider(raw))
  if (directory !== undefined) throw synchronised(bare(target.userName), directory)
  return raw
}

type WriteCheck = Parameters<NonNullable<Reads['checkWrite']>>[0]

/** Throws for a change that Okta would refuse, or that is another system's; else what a person should know of it. */
export function checkAccounts(
  { operation, accounts }: Pick<WriteCheck, 'operation' | 'accounts'>,
  means: Means,
): string[] {
  switch (operation) {
    case 'deactivateAccount':
      accounts.forEach(mustBeOwn)
      if (means === 'suspend') accounts.forEach(mustBeActive)
      return accounts.flatMap(ofUnknownRights)
    case 'reactivateAccount':
      accounts.forEach(mustBeOwn)
      return accounts.flatMap((account) => (reactivation(stateIn(account)) === 'activate' ? [ACTIVATES] : []))
    case 'updateAccount':
      accounts.forEach(mustBeOwn)
      return accounts.flatMap(ofUnknownRights)
    case 'endSessions':
      return [...accounts.flatMap(ofUnknownRights), OWN_SESSIONS]
    case 'createAccount':
      return [ACTIVATION_MAIL]
    default:
      return []
  }
}

function mustBeOwn(account: Account): void {
  const directory = directoryIn(account)
  if (directory !== undefined) throw synchronised(named(account), directory)
}

function mustBeActive(account: Account): void {
  const state = stateIn(account)
  if (!canSuspend(state)) throw cannotSuspend(account.userName, state)
}

const ACTIVATION_MAIL = 'Okta sends the person an email to activate the account.'
const ACTIVATES = `${ACTIVATION_MAIL} App assignments that a deactivation removed do not come back.`
// developer.okta.com, "Revoke all user sessions".
const OWN_SESSIONS = 'Sessions that apps keep by themselves are not ended by this.'

const ofUnknownRights = (account: Account): string[] =>
  account.admin === undefined
    ? [`Whether ${named(account)} is an administrator is not known: the token may not read roles.`]
    : []

const changedSince = () =>
  new Conflict('The account has changed since this change was planned.', 'Look it up again with find_user.')

/** What is written to such a user comes back at the next import (help.okta.com, "Profile sourcing"). */
const synchronised = (who: string, directory: string) =>
  new Refused(
    `${who} is synchronised from ${directory}, which decides about the account.`,
    `Make the change in ${directory}. end_sessions ends the sessions here.`,
  )

const cannotSuspend = (userName: string, state = 'of no known state') =>
  new Refused(
    `Okta suspends only users who are ACTIVE; ${bare(userName)} is ${bare(state)}.`,
    'Deactivate the user in the Okta Admin Console, which also removes app assignments.',
  )
