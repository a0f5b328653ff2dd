import type { Created, RequestContext, Target } from '../../domain/operations.ts'
import { IdentityError, NotFound, Refused, Unsupported } from '../../errors.ts'
import { inQuotes } from '../../text/text.ts'
import { path } from '../http/client.ts'
import { asId, asText, asWord, field, type Rec } from '../http/values.ts'
import { everyRow } from '../records/reads.ts'
import { inSteps } from '../records/steps.ts'
import { ifAllowed, mustAsk, pagesOf } from './api.ts'
import { groupById } from './groups.ts'
import type { OktaApp } from './users.ts'

/**
 * What a person should know before the members of this group change. Throws if they are not changed by hand: only groups of
 * Okta's own are, and only those that no rule fills (developer.okta.com, "Assign a user to a group").
 */
export async function checkGroup(app: OktaApp, id: string, context: RequestContext): Promise<string[]> {
  await mustBeByHand(app, id, context)
  const roles = await ifAllowed(async () => {
    const first = { path: path`/groups/${id}/roles` }
    const { rows } = await pagesOf(app, 'okta.roles.read', first, context)(1)
    return rows.map((row) => inQuotes(asWord(field(row, 'label')) ?? asWord(field(row, 'type')) ?? 'unnamed'))
  })
  if (!roles) return ['Whether this group makes administrators is not known: the token may not read roles.']
  return roles.length > 0 ? [`Members of this group are administrators: ${roles.join(', ')}.`] : []
}

async function mustBeByHand(app: OktaApp, id: string, context: RequestContext): Promise<void> {
  const raw = await groupById(app, id, context)
  if (!raw) throw new NotFound('Okta does not have this group.', 'Look it up again with list_groups.')
  const type = asWord(raw.type)
  if (type !== 'OKTA_GROUP') throw keptElsewhere(raw, type)
  const rule = (await rulesOf(app, context)).find((one) => fills(one, id))
  if (rule === undefined) return
  throw new Refused(
    `The rule ${inQuotes(asText(field(rule, 'name')) ?? 'without a name')} decides who is in this group.`,
    'Change the rule, or what it goes by in the person’s profile: Okta Admin Console, Directory > Groups > Rules.',
  )
}

/** developer.okta.com, "Groups": APP_GROUP is imported, BUILT_IN is Okta's. */
function keptElsewhere(raw: Rec, type: string | undefined): Refused {
  if (type === 'BUILT_IN')
    return new Refused('Okta itself decides who is in this group.', 'Nobody changes it by hand.')
  const classes = raw.objectClass
  const where =
    Array.isArray(classes) && classes.includes('okta:windows_security_principal')
      ? 'Active Directory'
      : 'the app or directory that the group comes from'
  return new Refused('This group is imported: who is in it is decided elsewhere.', `Change it in ${where}.`)
}

const RULES_PER_PAGE = 200
const MAX_RULE_PAGES = 20

/** Every rule. Throws if the token may not see them: a group that may be a rule's is not changed. */
const rulesOf = (app: OktaApp, context: RequestContext): Promise<unknown[]> =>
  everyRow<unknown>({
    fetch: pagesOf(
      app,
      'okta.groups.read',
      { path: '/groups/rules', query: { limit: RULES_PER_PAGE } },
      context,
    ),
    read: (row) => ({ id: asId(field(row, 'id')) ?? JSON.stringify(row), item: row }),
    pageSize: RULES_PER_PAGE,
    maxPages: MAX_RULE_PAGES,
  })

function fills(rule: unknown, group: string): boolean {
  const ids = field(field(field(rule, 'actions'), 'assignUserToGroups'), 'groupIds')
  return asWord(field(rule, 'status')) === 'ACTIVE' && Array.isArray(ids) && ids.includes(group)
}

interface MembersAsk {
  group: { id: string }
  add: readonly Target[]
  remove: readonly Target[]
}

/** Adds users to a group and removes others, one request each. */
export async function updateMembers(app: OktaApp, asked: MembersAsk, context: RequestContext): Promise<void> {
  await mustBeByHand(app, asked.group.id, context)
  await moveMembers(app, asked, context)
}

async function moveMembers(
  app: OktaApp,
  { group, add, remove }: MembersAsk,
  context: RequestContext,
): Promise<void> {
  const moves = [
    ...add.map(({ id }) => ({ method: 'PUT' as const, id })),
    ...remove.map(({ id }) => ({ method: 'DELETE' as const, id })),
  ]
  await inSteps(
    moves.map(({ method, id }) => () => {
      const request = { method, path: path`/groups/${group.id}/users/${id}` }
      return mustAsk(app, 'okta.groups.manage', request, context)
    }),
    { app: 'Okta', look: 'Look at the members of the group before you do anything else.' },
  )
}

/** Creates a group, then fills it; what of that went wrong shows when it is read back. */
export async function createGroup(
  app: OktaApp,
  { name, externalId, members }: { name: string; externalId?: string; members: readonly Target[] },
  context: RequestContext,
): Promise<Created> {
  mustHaveNoExternalId(externalId)
  const { body } = await mustAsk(
    app,
    'okta.groups.manage',
    { method: 'POST', path: '/groups', body: { profile: { name } } },
    context,
  )
  const id = asId(field(body, 'id'))
  if (id === undefined) return {}
  try {
    await moveMembers(app, { group: { id }, add: members, remove: [] }, context)
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
  }
  return { id }
}

function mustHaveNoExternalId(externalId: string | undefined): void {
  if (externalId === undefined) return
  throw new Unsupported('Groups of Okta have no external id.', 'Leave `externalId` out.')
}
