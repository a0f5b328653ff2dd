import { type Command, Option } from 'commander'
import type { Io } from '../app/io.ts'
import { csvLine } from '../text/csv.ts'
import { plainText } from '../text/text.ts'
import { inCommands } from './in-commands.ts'
import { table } from './table.ts'
import { print, toJson, wrap } from './terminal.ts'

/** In what form a command prints what it found. */
export interface Format {
  json?: true
  csv?: true
}

/** Adds the options that choose the form. */
export const withFormats = (command: Command): Command =>
  command
    .addOption(new Option('--json', 'as JSON').conflicts('csv'))
    .addOption(new Option('--csv', 'as CSV, with every column').conflicts('json'))

type Value = string | number | boolean | undefined

/** What a command found, in every form that it can be printed in. */
export interface Listing<Row> {
  /** By the name of the column, in camel case: headings of CSV, in capitals those of the table. */
  columns: Readonly<Record<string, (row: Row) => Value>>
  /** Columns that only CSV has. */
  onlyInCsv?: readonly string[]
  rows: readonly Row[]
  /** Printed in place of a table without rows. */
  none: string
  /** What a person must know besides the rows. */
  notes: readonly string[]
  /** The JSON form; notes are added. */
  document: object
}

/** Prints it. Notes stand on stderr beside CSV, which has no place for them. */
export function printListing<Row>(io: Io, format: Format, listing: Listing<Row>): void {
  const { columns, rows, none, document } = listing
  const notes = listing.notes.map((note) => inCommands(io, note))
  if (format.json) print(io, toJson({ ...document, ...(notes.length > 0 && { notes }) }, 2))
  else if (format.csv) {
    const lines = [Object.keys(columns), ...rows.map((row) => cellsOf(row, Object.values(columns)))]
    io.stdout.write(lines.map((cells) => `${csvLine(cells)}\r\n`).join(''))
    for (const note of notes) io.stderr.write(`${plainText(note, MAX_NOTE)}\n`)
  } else {
    print(io, ...(rows.length > 0 ? tableOf(io, listing) : [none]))
    for (const note of notes) print(io, ...wrap(io, note, ''))
  }
}

const MAX_NOTE = 20_000

const cellsOf = <Row>(row: Row, columns: readonly ((row: Row) => Value)[]): string[] =>
  columns.map((of) => plainText(String(of(row) ?? ''), MAX_NOTE))

/** The columns that say something about any row. */
function tableOf<Row>(io: Io, { columns, onlyInCsv = [], rows }: Listing<Row>): string[] {
  const said = Object.entries(columns).filter(
    ([name, of]) => !onlyInCsv.includes(name) && rows.some((row) => (of(row) ?? '') !== ''),
  )
  const headings = said.map(([name]) => ({ text: headingOf(name), style: 'bold' as const }))
  const cells = rows.map((row) =>
    cellsOf(
      row,
      said.map(([, of]) => of),
    ),
  )
  return table(io, [headings, ...cells])
}

const headingOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase()
