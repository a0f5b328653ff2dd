import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { Group } from '../domain/account.ts'
import type { Tell } from '../domain/operations.ts'
import { IdentityError, Unsupported } from '../errors.ts'
import { type Terminal, toolNamed, WAITING } from './call-here.ts'
import { type Format, printListing, withFormats } from './listing.ts'
import { withProgress } from './progress.ts'
import { type Pages, readPages, withLimit } from './read-pages.ts'
import { newCommand } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

type Here = Pick<Terminal, 'io' | 'parts'>

interface GroupsOptions extends Format {
  limit?: string
}

interface GroupsPage {
  groups: Group[]
  complete: boolean
  nextCursor?: string
  note?: string
}

/** `identity-mcp groups [TENANT] [GROUP]`: the groups of the apps, or the members of one. */
export const groupsCommand = (io: Io, start: Start, open: OpenData): Command =>
  withLimit(
    withFormats(
      newCommand(
        io,
        'groups',
        'List the groups of the apps, or the members of one; exit code 1 if the list is not whole',
      ),
    ),
  )
    .argument('[tenant]', 'the tenant whose groups to list; default: all')
    .argument('[group]', 'id or name of the group whose members to list')
    .action(
      (tenant: string | undefined, group: string | undefined, options: GroupsOptions, command: Command) =>
        withServer(io, { start, open }, command, async ({ parts }) => {
          const here = { io, parts }
          const isWhole =
            tenant !== undefined && group !== undefined
              ? await listMembers(here, { tenant, group }, options)
              : await listGroups(here, tenant, options)
          if (!isWhole) io.exit(1)
        }),
    )

/** Whether the list is whole, as far as it was asked for. */
async function listGroups(
  here: Here,
  tenant: string | undefined,
  { limit, ...format }: GroupsOptions,
): Promise<boolean> {
  const read = await withProgress(here.io, WAITING, (tell) => groupsOf(here, tenant, { limit, tell }))
  const groups = read.flatMap(({ rows }) => rows)
  const notes = read.flatMap((one) => one.notes)
  const complete = read.every((one) => one.complete && !one.isCut)
  printListing(here.io, format, {
    columns: {
      tenant: (group) => group.tenant,
      name: (group) => group.name,
      members: (group) => group.memberCount,
      id: (group) => group.id,
      caution: (group) => group.caution,
    },
    rows: groups,
    none: 'There are no groups.',
    notes,
    document: { groups, complete },
  })
  return read.every((one) => one.complete)
}

/** The groups of one tenant, or of each; what one of several cannot tell is a note. */
async function groupsOf(
  here: Here,
  named: string | undefined,
  how: { limit: string | undefined; tell: Tell },
): Promise<Pages<Group>[]> {
  const read = async (tenant: string): Promise<Pages<Group>> => {
    const pages = await readPages<GroupsPage, Group>(
      here,
      'list_groups',
      { tenant, limit: ROWS_AT_ONCE },
      { rowsOf: ({ groups }) => groups.map((group) => ({ ...group, tenant })), what: 'groups', ...how },
    )
    return named === undefined ? { ...pages, notes: pages.notes.map((note) => `${tenant}: ${note}`) } : pages
  }
  if (named !== undefined) return [await read(named)]
  const { tenants } = here.parts
  const able = tenants.serving(toolNamed(here.parts, 'list_groups')) ?? []
  if (able.length === 0)
    throw new Unsupported('No connected app shows its groups.', 'list_tenants names the apps.')
  return Promise.all(
    able.map(({ name }) =>
      read(name).catch((error) => {
        if (!(error instanceof IdentityError)) throw error
        const note = `${name} was not read: ${error.message} ${error.hint}`
        return { rows: [], complete: false, isCut: false, notes: [note] }
      }),
    ),
  )
}

type Member = NonNullable<Group['members']>[number]

async function listMembers(
  here: Here,
  asked: { tenant: string; group: string },
  { limit, ...format }: GroupsOptions,
): Promise<boolean> {
  let group: Omit<Group, 'members'> | undefined
  const input = { ...asked, limit: ROWS_AT_ONCE }
  const rowsOf = ({ groups: [first] }: GroupsPage): Member[] => {
    if (!first) return []
    const { members = [], ...rest } = first
    group = rest
    return members
  }
  const { rows, complete, notes, isCut } = await withProgress(here.io, WAITING, (tell) =>
    readPages<GroupsPage, Member>(here, 'list_groups', input, { rowsOf, limit, what: 'members', tell }),
  )
  printListing(here.io, format, {
    columns: {
      userName: (member) => member.userName ?? member.name,
      type: (member) => member.type,
      id: (member) => member.id,
    },
    rows,
    none: 'No members are shown.',
    notes: [...(group?.caution === undefined ? [] : [group.caution]), ...notes],
    document: { group, members: rows, complete: complete && !isCut },
  })
  return complete
}

/** As many rows as fit into one answer, so that none is read twice. */
const ROWS_AT_ONCE = 100
