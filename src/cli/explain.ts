import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { Account, AuditEvent } from '../domain/account.ts'
import { readHere, WAITING } from './call-here.ts'
import { displayWidth, pad } from './display-width.ts'
import { PERSON } from './find.ts'
import { inCommands } from './in-commands.ts'
import { type Format, printListing, withFormats } from './listing.ts'
import { withProgress } from './progress.ts'
import { givenOrTyped, namesIn } from './prompts.ts'
import { newCommand, paint, print, wrap } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface Facts {
  tenant: string
  account?: Account
  status?: string
  state?: string
  groups?: string[]
  moreGroups?: number
  roles?: string[]
  licence?: string
  manager?: string
  lastSignIn?: string
  provisionedBy?: string
  sessions?: string
  factors?: string[]
  changes: AuditEvent[]
}

interface Explained {
  people: { email?: string; name?: string; facts: Facts[] }[]
  unknown: { tenant: string; what: string; where: string }[]
  complete: boolean
}

interface ExplainOptions extends Format {
  tenants?: string
}

/** One thing that is known of an account, or is not. */
interface Row {
  tenant: string
  account: string
  fact: string
  value: string
}

/** `identity-mcp explain PERSON`: why somebody can or cannot get in. */
export const explainCommand = (io: Io, start: Start, open: OpenData): Command =>
  withFormats(
    newCommand(
      io,
      'explain',
      'Say why somebody can or cannot get in, app by app; exit code 1 if nobody is found',
    ),
  )
    .argument('[person]', 'email, user name, id or name; asked for if missing')
    .option('--tenants <names>', 'only in these tenants, with commas between; default: all')
    .action((person: string | undefined, { tenants, ...format }: ExplainOptions, command: Command) =>
      withServer(io, { start, open }, command, async ({ parts }) => {
        const user = await givenOrTyped(io, person, PERSON)
        const input = { user, ...(tenants !== undefined && { tenants: namesIn(tenants) }) }
        const explained = await withProgress(io, WAITING, (tell) =>
          readHere<Explained>({ io, parts }, 'explain_access', input, tell),
        )
        const { people, unknown, complete } = explained
        if (people.length === 0) io.exit(1)
        const rows = people.flatMap(({ facts }) => facts.flatMap(rowsOf))
        const notes = unknown.map(({ tenant, what, where }) => `${tenant}, not known: ${what} (${where})`)
        // Long facts need the room that a column does not have.
        if (!format.json && !format.csv && rows.length > 0) {
          const gaps = notes.flatMap((note) => wrap(io, inCommands(io, note), ''))
          return print(io, ...blocks(io, rows), ...(gaps.length > 0 ? ['', ...gaps] : []))
        }
        return printListing(io, format, {
          columns: {
            tenant: (row) => row.tenant,
            account: (row) => row.account,
            fact: (row) => row.fact,
            value: (row) => row.value,
          },
          rows,
          none: 'Nobody is found.',
          notes,
          document: { people, unknown, complete },
        })
      }),
    )

function rowsOf({ tenant, account, changes, groups, moreGroups = 0, ...facts }: Facts): Row[] {
  const of = { tenant, account: account?.userName ?? '' }
  const listed = (names: readonly string[] | undefined) => names?.join(', ')
  const more = moreGroups > 0 ? `, and ${moreGroups} more` : ''
  const told: [string, string | undefined][] = [
    ['name', account?.name],
    ['id', account?.id],
    ['status', facts.status],
    ['state', facts.state],
    ['groups', groups && `${listed(groups) || 'none'}${more}`],
    ['roles', facts.roles && (listed(facts.roles) || 'none')],
    ['licence', facts.licence],
    ['manager', facts.manager],
    ['last sign-in', facts.lastSignIn],
    ['provisioned by', facts.provisionedBy],
    ['sessions', facts.sessions],
    ['factors', facts.factors && (listed(facts.factors) || 'none')],
    ['caution', account?.caution],
    ...changes.map((change): [string, string] => ['change', changeText(change)]),
  ]
  return told.flatMap(([fact, value]) => (value === undefined ? [] : [{ ...of, fact, value }]))
}

const changeText = ({ time, action, actor, detail }: AuditEvent): string =>
  [`${time.slice(0, 19).replace('T', ' ')} ${action}`, actor && `by ${actor}`, detail]
    .filter(Boolean)
    .join(', ')

/** The facts of each account under its name. */
function blocks(io: Io, rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(({ fact }) => displayWidth(fact))) + 2
  return rows.flatMap(({ tenant, account, fact, value }, at) => {
    const before = rows[at - 1]
    const isNew = before?.tenant !== tenant || before.account !== account
    const [first = '', ...more] = wrap(io, value, ' '.repeat(2 + width))
    return [
      ...(isNew
        ? [
            ...(at > 0 ? [''] : []),
            ...wrap(io, `${account} in ${tenant}`, '').map((line) => paint(io, 'bold', line)),
          ]
        : []),
      `  ${pad(fact, width)}${first.trimStart()}`,
      ...more,
    ]
  })
}
