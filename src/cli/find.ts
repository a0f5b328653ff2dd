import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { Account, Person } from '../domain/account.ts'
import { sameText } from '../text/text.ts'
import { WAITING } from './call-here.ts'
import { type Format, printListing, withFormats } from './listing.ts'
import { withProgress } from './progress.ts'
import { givenOrTyped, namesIn } from './prompts.ts'
import { readPages } from './read-pages.ts'
import { newCommand } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

interface Searched {
  tenant: string
  outcome: 'found' | 'absent' | 'not_searched'
  code?: string
  note?: string
}

interface Found {
  people: Person[]
  searched: Searched[]
  complete: boolean
  nextCursor?: string
  note?: string
}

interface FindOptions extends Format {
  tenants?: string
}

/** What names a person on a command line. */
export const PERSON = { message: 'Email, user name, id or name of the person', option: 'the person' }

/** `identity-mcp find PERSON`: a person's accounts in every app. */
export const findCommand = (io: Io, start: Start, open: OpenData): Command =>
  withFormats(
    newCommand(
      io,
      'find',
      'Look a person up in every app; exit code 1 if nobody is found or an app was not searched',
    ),
  )
    .argument('[person]', 'email, user name, id or name; asked for if missing')
    .option('--tenants <names>', 'only in these tenants, with commas between; default: all')
    .action((person: string | undefined, { tenants, ...format }: FindOptions, command: Command) =>
      withServer(io, { start, open }, command, async ({ parts }) => {
        const user = await givenOrTyped(io, person, PERSON)
        const input = { user, ...(tenants !== undefined && { tenants: namesIn(tenants) }) }
        const { rows: pages, complete } = await withProgress(io, WAITING, (tell) =>
          readPages<Found, Found>({ io, parts }, 'find_user', input, {
            rowsOf: (page) => [page],
            what: 'answers',
            tell,
          }),
        )
        const people = pages.flatMap((page) => page.people)
        const searched = pages.flatMap((page) => page.searched)
        printListing(io, format, {
          columns: ACCOUNT_COLUMNS,
          onlyInCsv: ['id', 'externalId'],
          rows: people.flatMap(({ accounts }) => accounts),
          none: 'Nobody is found.',
          notes: [...people.flatMap(doubtsOf), ...gapsIn(searched), ...absentIn(searched)],
          document: { people, searched, complete },
        })
        if (people.length === 0 || !complete) io.exit(1)
      }),
    )

/** The columns of a list of accounts. */
export const ACCOUNT_COLUMNS: Readonly<Record<string, (account: Partial<Account>) => string | undefined>> = {
  tenant: ({ tenant }) => tenant,
  userName: ({ userName }) => userName,
  name: ({ name }) => name,
  status: ({ status }) => status,
  // Most user names are the address.
  email: ({ email, userName }) => (sameText(email, userName) ? undefined : email),
  id: ({ id }) => id,
  externalId: ({ externalId }) => externalId,
}

/** Why the names of accounts may not be what they look like, or their owner not one person. */
const doubtsOf = ({ doubt, accounts }: Person): string[] => [
  ...(doubt === undefined ? [] : [doubt]),
  ...cautionsOf(accounts),
]

export const cautionsOf = (accounts: readonly Partial<Account>[]): string[] =>
  accounts.flatMap(({ tenant, userName, caution }) =>
    caution === undefined ? [] : [`${userName} in ${tenant}: ${caution}`],
  )

const gapsIn = (searched: readonly Searched[]): string[] =>
  searched.flatMap(({ tenant, outcome, code, note }) =>
    note === undefined && code === undefined
      ? []
      : [
          `${tenant} ${outcome === 'not_searched' ? 'was not searched' : 'was searched'}: ${note ?? code ?? ''}`,
        ],
  )

function absentIn(searched: readonly Searched[]): string[] {
  const absent = searched.filter(({ outcome }) => outcome === 'absent').map(({ tenant }) => tenant)
  return absent.length === 0 ? [] : [`Absent in: ${absent.join(', ')}.`]
}
