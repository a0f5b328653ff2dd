import type { Account } from '../../domain/account.ts'
import type { AccountFields, Operations, RequestContext, Target } from '../../domain/operations.ts'
import { sameUserName } from '../../domain/same.ts'
import { Conflict, NotFound, Refused, Unsupported } from '../../errors.ts'
import { path } from '../http/client.ts'
import { asId, asText, asWord, field } from '../http/values.ts'
import { recordReads } from '../records/reads.ts'
import { mustAsk, pageOf } from './api.ts'
import { createGroup, listGroups, mustBeByHand, readGroup, updateMembers } from './groups.ts'
import { profileOf, STATE, stateOf } from './profile.ts'
import type { OktaSettings } from './settings.ts'
import { ifAllowed, type OktaApp, oktaUsers, rawUser, rolesOf } from './users.ts'

/** The operations on users and groups of an organisation. */
export function oktaOperations(app: OktaApp, { deactivateMeans, externalIdAttribute }: OktaSettings) {
  /** The user as it is now, right before a change. */
  const current = async ({ id, userName }: Target, context: RequestContext) => {
    const raw = await rawUser(app, id, context)
    if (!raw) throw new NotFound('The account is gone.', 'Look it up again with find_user.')
    if (raw.id !== id || !sameUserName(asWord(field(raw.profile, 'login')), userName)) {
      throw new Conflict(
        'The account’s user name differs from the one this change is for.',
        'Look it up again with find_user.',
      )
    }
    return raw
  }
  const lifecycle = async (target: Target, step: (state: string) => string, context: RequestContext) => {
    const raw = await current(target, context)
    const at = path`/users/${target.id}/lifecycle/`
    const request = {
      method: 'POST',
      path: at + step(stateOf(raw) ?? ''),
      query: { sendEmail: 'false' },
    } as const
    await mustAsk(app, 'okta.users.manage', request, context)
  }

  return {
    ...recordReads(oktaUsers(app)),
    listGroups: (asked, context) => listGroups(app, asked, context),
    readGroup: (asked, context) => readGroup(app, asked, context),
    async readAccess({ id }, context) {
      const raw = await rawUser(app, id, context)
      const state = raw && stateOf(raw)
      const [roles, factors] = await Promise.all([
        ifAllowed(() => rolesOf(app, id, context)),
        ifAllowed(() => factorsOf(app, id, context)),
      ])
      const provider = asWord(field(field(raw?.credentials, 'provider'), 'type'))
      return {
        ...(state !== undefined && {
          state: `${state}: ${MEANS[state] ?? 'a state that is not known here'}`,
        }),
        ...(roles && { roles }),
        ...(factors && { factors }),
        ...(provider !== undefined && provider !== 'OKTA' && { provisionedBy: provider.toLowerCase() }),
        unknown: [
          {
            what: 'open sessions',
            where: 'Okta tells of no sessions; the System Log (pull_audit) has sign-ins',
          },
          ...(roles
            ? []
            : [{ what: 'administrator roles', where: 'Okta Admin Console, Security > Administrators' }]),
          ...(factors
            ? []
            : [{ what: 'factors', where: 'Okta Admin Console, Directory > People > the person' }]),
        ],
      }
    },
    async checkWrite({ operation, accounts, fields, group }, context) {
      profileOf(fields, externalIdAttribute)
      if (group) await mustBeByHand(app, group.id, context)
      if (operation === 'deactivateAccount' && deactivateMeans === 'suspend') accounts.forEach(mustBeActive)
      return operation === 'createAccount' ? [ACTIVATION_MAIL] : []
    },
    endSessions: async (target, context) => {
      await current(target, context)
      await mustAsk(
        app,
        'okta.users.manage',
        { method: 'DELETE', path: path`/users/${target.id}/sessions`, query: { oauthTokens: 'true' } },
        context,
      )
    },
    deactivateAccount: (target, context) => lifecycle(target, () => deactivateMeans, context),
    reactivateAccount: (target, context) =>
      lifecycle(target, (state) => (state === 'SUSPENDED' ? 'unsuspend' : 'activate'), context),
    async createAccount({ fields }, context) {
      const profile = { login: fields.email, ...profileOf(fields, externalIdAttribute) }
      const request = {
        method: 'POST',
        path: '/users',
        query: { activate: 'true' },
        body: { profile },
      } as const
      const { body } = await mustAsk(app, 'okta.users.manage', request, context)
      const id = asId(field(body, 'id'))
      return id === undefined ? {} : { id }
    },
    async updateAccount({ set, ...target }, context) {
      const profile = profileOf(withoutStatus(set), externalIdAttribute)
      await current(target, context)
      const request = { method: 'POST', path: path`/users/${target.id}`, body: { profile } } as const
      await mustAsk(app, 'okta.users.manage', request, context)
    },
    async createGroup({ externalId, ...asked }, context) {
      if (externalId !== undefined) {
        throw new Unsupported('Groups of Okta have no external id.', 'Leave `externalId` out.')
      }
      return createGroup(app, asked, context)
    },
    updateMembers: (asked, context) => updateMembers(app, asked, context),
  } satisfies Operations

  async function factorsOf(api: OktaApp, id: string, context: RequestContext): Promise<string[]> {
    const { rows } = await pageOf(
      api,
      'okta.users.read',
      { first: { path: path`/users/${id}/factors` } },
      context,
    )
    return rows.flatMap((row) => {
      const [kind, provider, status] = ['factorType', 'provider', 'status'].map((name) =>
        asText(field(row, name)),
      )
      return kind === undefined ? [] : [`${kind} (${[provider, status].filter((word) => word).join(', ')})`]
    })
  }
}

/** developer.okta.com, "User lifecycle". */
const MEANS: Readonly<Record<string, string>> = {
  STAGED: 'made, and not yet activated by an administrator',
  PROVISIONED: 'activated, but the person has not yet finished the enrolment',
  ACTIVE: 'can sign in',
  RECOVERY: 'is resetting the password',
  PASSWORD_EXPIRED: 'must choose a new password first',
  LOCKED_OUT: 'locked out after failed sign-ins, until an administrator or the policy unlocks it',
  SUSPENDED: 'suspended by an administrator; cannot sign in',
  DEPROVISIONED: 'deactivated; cannot sign in, and has lost its apps',
}

const ACTIVATION_MAIL = 'Okta sends the person an email to activate the account.'

/** Status has operations of its own. */
const withoutStatus = ({ status: _, ...set }: AccountFields): AccountFields => set

/** Okta suspends active users only (developer.okta.com, "Suspend a user"). */
function mustBeActive({ custom, userName }: Account): void {
  const state = custom?.[STATE]
  if (state === undefined || state === 'ACTIVE') return
  throw new Refused(
    `Okta suspends only users who are ACTIVE; ${userName} is ${String(state)}.`,
    'Deactivate the user in the Okta Admin Console, which also removes app assignments.',
  )
}
