import type { Command } from 'commander'
import type { Tell } from '../domain/operations.ts'
import { InvalidInput } from '../errors.ts'
import { readHere, type Terminal } from './call-here.ts'

interface Page {
  nextCursor?: string | undefined
  complete: boolean
  note?: string
}

/** All pages of an answer as one. */
export interface Pages<Row> {
  rows: Row[]
  /** Whether these are all, as far as it was asked for. */
  complete: boolean
  /** Whether there are rows beyond the limit. */
  isCut: boolean
  notes: string[]
}

interface Reading<Answer, Row> {
  rowsOf: (page: Answer) => Row[]
  /** The most rows, as the command line says. */
  limit?: string | undefined
  /** What the rows are, to tell how many were read. */
  what: string
  tell: Tell
}

/** Adds the option that limits how much is read. */
export const withLimit = (command: Command): Command =>
  command.option('--limit <number>', 'read no more than this many; default: all')

/** Reads page after page of a tool, until the end or as many rows as the command line asks for. */
export async function readPages<Answer extends Page, Row>(
  here: Pick<Terminal, 'io' | 'parts'>,
  tool: string,
  input: object,
  { rowsOf, limit, what, tell }: Reading<Answer, Row>,
): Promise<Pages<Row>> {
  const most = limitIn(limit)
  const rows: Row[] = []
  const notes = new Set<string>()
  let page: Answer
  let cursor: string | undefined
  do {
    page = await readHere(here, tool, { ...input, ...(cursor && { cursor }) }, tell)
    rows.push(...rowsOf(page))
    if (page.note) notes.add(page.note)
    cursor = page.nextCursor
    tell(`${rows.length} ${what} read so far`)
  } while (cursor && rows.length < most)
  const isCut = cursor !== undefined || rows.length > most
  // A page that another one follows cannot say that it is whole: what only it notes may be a gap.
  const isNoted = [...notes].some((note) => note !== page.note)
  return {
    rows: rows.slice(0, most),
    complete: isCut ? !isNoted : page.complete && !isNoted,
    isCut,
    notes: [...notes, ...(isCut ? [`There are more than these ${most}, which --limit asked for.`] : [])],
  }
}

function limitIn(text: string | undefined): number {
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidInput('--limit is not a number.', 'Use --limit 100.')
}
