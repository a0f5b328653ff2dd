import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { asWord, isRecord, parseJson } from '../http/values.ts'
import { wrongFile } from './columns.ts'

/** A row of a file, and where it stands there, in words. */
interface FileRow {
  at: string
  /** In the order of the headers; absent for a row that cannot be read. */
  cells?: readonly unknown[]
}

/** Where a format is told from, and a delimiter. */
const HEAD_BYTES = 65_536
/** Longest row, bytes. */
const MAX_ROW = 65_536

/** The rows of a file of either format, the headers first. Throws for what is neither. */
export async function* rowsOf(handle: FileHandle, size: number): AsyncGenerator<FileRow> {
  const head = Buffer.alloc(Math.min(HEAD_BYTES, size))
  await handle.read(head, 0, head.length, 0)
  if (head.length === 0) throw wrongFile('is empty')
  if (head.includes(0)) throw wrongFile('is not in UTF-8')
  const text = head.toString('utf8').replace(/^\uFEFF/, '')
  yield* /^\s*[[{]/.test(text) ? jsonRows(handle) : csvRows(handle, delimiterIn(text))
}

/** The character that parts the headers: exports for a spreadsheet have `;` in many countries. */
function delimiterIn(text: string): string {
  const [header = ''] = text.replace(/"[^"]*"/g, '').split(/[\r\n]/, 1)
  const count = (mark: string) => header.split(mark).length
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] ?? ','
}

async function* csvRows(handle: FileHandle, delimiter: string): AsyncGenerator<FileRow> {
  const { parse } = await import('csv-parse')
  const skipped: number[] = []
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    max_record_size: MAX_ROW,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    skip_records_with_error: true,
    on_skip(error) {
      skipped.push(Number(error?.lines))
      return undefined
    },
  })
  // Whatever ends one of them ends the other; the parser's reader gets the error.
  pipeline(handle.createReadStream({ start: 0, autoClose: false }), parser, () => undefined)
  let isHeader = true
  for await (const { record, info } of parser) {
    if (isHeader && skipped.some((line) => line < info.lines))
      throw wrongFile('has no header that can be read')
    isHeader = false
    yield { at: `line ${info.lines}`, cells: record }
  }
  for (const line of skipped) yield { at: `line ${line}` }
}

/** A list, or an object on each line. Neither is longer than a file may be, so it is read whole. */
async function* jsonRows(handle: FileHandle): AsyncGenerator<FileRow> {
  const text = (await handle.readFile('utf8')).replace(/^\uFEFF/, '')
  const items = text.trimStart().startsWith('[') ? listed(text) : onLines(text)
  const headers = [...new Set(items.flatMap(([, item]) => (isRecord(item) ? Object.keys(item) : [])))]
  yield { at: 'the keys', cells: headers }
  for (const [at, item] of items) {
    if (!isRecord(item)) yield { at }
    else
      yield { at, cells: headers.map((header) => (Object.hasOwn(item, header) ? item[header] : undefined)) }
  }
}

type Item = readonly [at: string, item: unknown]

function listed(text: string): Item[] {
  const list = parseJson(text)
  if (!Array.isArray(list)) throw wrongFile('is not JSON that can be read')
  return list.map((item, index) => [`item ${index + 1}`, item])
}

const onLines = (text: string): Item[] =>
  text
    .split(/\r?\n/)
    .flatMap((line, index) => (line.trim() === '' ? [] : [[`line ${index + 1}`, parseJson(line)] as const]))

/** The text of a cell; undefined for one that is missing or no text. */
export const textIn = (cell: unknown): string | undefined =>
  typeof cell === 'boolean' ? String(cell) : asWord(cell)?.trim()
