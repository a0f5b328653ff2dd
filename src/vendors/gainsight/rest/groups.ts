import type { Group } from '../../../domain/account.ts'
import type { ListPosition, Operations, Page, RequestContext, Target } from '../../../domain/operations.ts'
import { fold, sameText } from '../../../text/text.ts'
import { collect, inconclusive } from '../../http/collect.ts'
import type { RecentReads } from '../../http/recent-reads.ts'
import { inSteps } from '../../records/steps.ts'
import type { ScimUser } from '../../scim/read.ts'
import type { SetGroup } from './dialect.ts'
import { namesIn } from './records.ts'
import { listingOf, type RestUsers } from './rest-users.ts'

/** Somebody, and the names of the groups on their record; undefined if it does not tell them. */
export interface Bearer {
  user: ScimUser
  groups: readonly string[] | undefined
}

/**
 * The groups of the dialect `users` (stitchflow.com, Gainsight API guide): names on the records of users, and no record of
 * their own. So a group is known by whoever is in it, its name is its id, and it is read from the list of users.
 */
export function recordGroups(
  usersOf: (context: RequestContext) => Promise<RestUsers>,
  setGroup: SetGroup,
  recentBearers: RecentReads<readonly Bearer[]>,
): Required<Pick<Operations, 'listGroups' | 'readGroup' | 'updateMembers'>> {
  const readBearers = async (context: RequestContext) => {
    const users = await usersOf(context)
    const page = await collect<Bearer>({
      ...listingOf(users),
      read(row) {
        const user = users.read(row)
        return user && { id: user.account.id, item: { user, groups: namesIn(row) } }
      },
      fetch: users.list({ recent: false }),
      maxPages: users.maxPages,
      limit: Number.POSITIVE_INFINITY,
    })
    if (!page.complete) throw inconclusive(page.note)
    return page.items
  }
  const bearers = (recent: boolean, context: RequestContext) =>
    recentBearers.read('everybody', recent, () => readBearers(context))
  return {
    async listGroups({ limit, at }, context): Promise<Page<Group, ListPosition>> {
      const everybody = await bearers(at !== undefined, context)
      const names = onceEach(everybody.flatMap(({ groups = [] }) => groups)).sort()
      const from = (at?.start ?? 1) - 1
      const items = names.slice(from, from + limit).map((name) => ({ id: name, name }))
      const behind = items.map((_, index) => ({ start: from + index + 2 }))
      const hasMore = from + limit < names.length
      return {
        items,
        behind,
        complete: !hasMore && allTell(everybody),
        ...(hasMore && { next: { start: from + limit + 1 } }),
        note: allTell(everybody) ? ONLY_WITH_MEMBERS : `${ONLY_WITH_MEMBERS} ${SOME_DO_NOT_TELL}`,
      }
    },
    async readGroup(asked, context) {
      const wanted = 'id' in asked ? asked.id : asked.group
      const everybody = await bearers('recent' in asked && asked.recent === true, context)
      const isIn = ({ groups = [] }: Bearer) => groups.some((name) => sameText(name, wanted))
      const members = everybody.filter(isIn)
      const spelled = members[0]?.groups?.find((one) => sameText(one, wanted))
      const isWhole = allTell(everybody)
      if (spelled === undefined && !isWhole) throw inconclusive(SOME_DO_NOT_TELL)
      // A known group whose last member has left; its name alone shows that it was there.
      const name = spelled ?? ('id' in asked ? asked.id : undefined)
      if (name === undefined) return undefined
      return {
        id: name,
        name,
        // Whoever's record tells no groups may be in it.
        ...(isWhole && {
          memberCount: members.length,
          members: members.map(({ user: { account } }) => ({ id: account.id, userName: account.userName })),
        }),
      }
    },
    async updateMembers({ group: { name: group }, add, remove }, context) {
      const step = (isIn: boolean) => (target: Target) => () => setGroup(target, { group, isIn }, context)
      await inSteps([...add.map(step(true)), ...remove.map(step(false))], {
        app: 'Gainsight',
        look: 'Look at the members of the group before you do anything else.',
      })
    },
  }
}

const ONLY_WITH_MEMBERS =
  'A group that nobody is in is not shown: Gainsight keeps groups on the records of users.'
const SOME_DO_NOT_TELL = 'Some records of users do not tell their groups.'

const allTell = (everybody: readonly Bearer[]): boolean =>
  everybody.every(({ groups }) => groups !== undefined)

/** Names without those that differ from an earlier one in letter case alone. */
const onceEach = (names: readonly string[]): string[] => [
  ...new Map(names.toReversed().map((name) => [fold(name), name])).values(),
]
