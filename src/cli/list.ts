import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import type { Account } from '../domain/account.ts'
import { InvalidInput } from '../errors.ts'
import { plainText } from '../text/text.ts'
import { readHere, type Terminal, WAITING } from './call-here.ts'
import { ACCOUNT_COLUMNS, cautionsOf } from './find.ts'
import { type Format, printListing, withFormats } from './listing.ts'
import { withProgress } from './progress.ts'
import { namesIn } from './prompts.ts'
import { readPages, withLimit } from './read-pages.ts'
import { newCommand } from './terminal.ts'
import type { OpenData } from './with-data.ts'
import { type Start, withServer } from './with-server.ts'

type Here = Pick<Terminal, 'io' | 'parts'>
type Row = Partial<Account>

interface ListOptions extends Format {
  match?: string[]
  fields?: string
  limit?: string
}

/** `identity-mcp list [TENANT]`: the connected apps, or the accounts of one. */
export const listCommand = (io: Io, start: Start, open: OpenData): Command =>
  withLimit(
    withFormats(
      newCommand(
        io,
        'list',
        'List the connected apps, or the accounts of one; exit code 1 if the list is not whole',
      ),
    ),
  )
    .argument('[tenant]', 'the tenant whose accounts to list; without one, the tenants are listed')
    .option(
      '--match <field=value>',
      'only accounts whose field has this value, such as status=inactive; can be repeated',
      (pair: string, pairs: string[] = []) => [...pairs, pair],
    )
    .option('--fields <names>', 'these fields, with commas between: email,department,lastSignInAt')
    .action((tenant: string | undefined, options: ListOptions, command: Command) =>
      withServer(io, { start, open }, command, async ({ parts }) => {
        const here = { io, parts }
        if (tenant === undefined) await listTenants(here, options)
        else await listAccounts(here, tenant, options)
      }),
    )

interface TenantRow {
  tenant: string
  title?: string
  vendor?: string
  readOnly?: boolean
  can?: string[]
  note?: string
  like?: string
}

async function listTenants({ io, parts }: Here, { match, fields, limit, ...format }: ListOptions) {
  if (match !== undefined || fields !== undefined || limit !== undefined) {
    throw new InvalidInput('--match, --fields and --limit are about accounts.', 'Name the tenant as well.')
  }
  const { tenants } = await withProgress(io, 'Reading the settings', (tell) =>
    readHere<{ tenants: TenantRow[] }>({ io, parts }, 'list_tenants', {}, tell),
  )
  // What is not said of a tenant is as said of the one that it is like.
  const whole = new Map<string, TenantRow>()
  for (const { like, ...row } of tenants)
    whole.set(row.tenant, { ...(like !== undefined && whole.get(like)), ...row })
  const rows = [...whole.values()]
  printListing(io, format, {
    columns: {
      tenant: (row) => row.tenant,
      app: (row) => row.title,
      vendor: (row) => row.vendor,
      access: (row) => (row.readOnly ? 'read-only' : ''),
      note: (row) => row.note,
      tools: (row) => row.can?.join(' '),
    },
    onlyInCsv: ['tools'],
    rows,
    none: 'There is no tenant.',
    notes: [],
    document: { tenants: rows },
  })
}

async function listAccounts(
  here: Here,
  tenant: string,
  { match, fields, limit, ...format }: ListOptions,
): Promise<void> {
  const chosen = fields === undefined ? undefined : namesIn(fields)
  const input = {
    tenant,
    limit: ROWS_AT_ONCE,
    ...(match && { match: matchIn(match) }),
    // The same of every row, however many there are.
    fields: chosen ?? ['email', 'name', 'status', 'externalId'],
  }
  const { rows, complete, notes, isCut } = await withProgress(here.io, WAITING, (tell) =>
    readPages<AccountsPage, Row>(here, 'list_users', input, {
      rowsOf: ({ accounts, shared }) => accounts.map((account) => ({ ...shared, ...account })),
      limit,
      what: 'accounts',
      tell,
    }),
  )
  printListing(here.io, format, {
    columns: chosen ? columnsOf(chosen) : ACCOUNT_COLUMNS,
    onlyInCsv: chosen ? ['tenant', 'id'] : ['tenant', 'id', 'externalId'],
    rows,
    none: 'There is no such account.',
    notes: [...cautionsOf(rows), ...notes],
    document: { accounts: rows, complete: complete && !isCut },
  })
  if (!complete) here.io.exit(1)
}

/** As many rows as fit into one answer, so that no row is read twice. */
const ROWS_AT_ONCE = 40

interface AccountsPage {
  accounts: Row[]
  shared?: Row
  complete: boolean
  nextCursor?: string
  note?: string
}

/** The fields that a person chose, behind what names the account. */
const columnsOf = (fields: readonly string[]): Record<string, (row: Row) => string | undefined> => ({
  tenant: ({ tenant }) => tenant,
  id: ({ id }) => id,
  userName: ({ userName }) => userName,
  ...Object.fromEntries(
    fields.map((field) => [
      field,
      // The schema of the tool has checked the name.
      (row: Row) => textOf((row as Readonly<Record<string, unknown>>)[field]),
    ]),
  ),
})

function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** `field=value` pairs as the argument of the tool, which checks the names. */
function matchIn(pairs: readonly string[]): Record<string, string | boolean> {
  const entries = pairs.map((pair): [string, string | boolean] => {
    const [, name, value] = /^(\w+)=(.+)$/s.exec(pair) ?? []
    if (name === undefined || value === undefined) {
      throw new InvalidInput(
        `${plainText(pair, 64)} is not a field with a value.`,
        'Use --match status=inactive.',
      )
    }
    return [name, name === 'admin' ? value === 'true' : value]
  })
  return Object.fromEntries(entries)
}
