import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { cut, displayWidth } from '../../src/cli/display-width.ts'
import { table } from '../../src/cli/table.ts'
import { wrap } from '../../src/cli/terminal.ts'
import { anIo } from './fake-io.ts'

const terminalOf = (columns: number | undefined) =>
  anIo({
    stdin: new PassThrough(),
    stdout: Object.assign(new PassThrough(), columns === undefined ? {} : { columns }),
    stderr: new PassThrough(),
    exit: () => {},
  })
const io = terminalOf(80)

test.each([
  ['Ada', 3],
  ['山田太郎', 8],
  ['コーヒー、。', 12],
  ['ｱｲｳ', 3],
  ['ＡＢ', 4],
  ['김철수', 6],
  ['Zoe\u0308', 3],
  ['김철수'.normalize('NFD'), 6],
  ['한'.normalize('NFD'), 2],
  ['ﾊﾟ', 2],
  ['👍🏽', 2],
  ['🇩🇪', 2],
  ['שָׁלוֹם', 4],
  ['नमस्ते', 4],
  ['\u0301', 0],
  ['a·b…→✓', 6],
  ['🎉', 2],
  ['', 0],
])('"%s" takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns)
})

test('a table aligns its columns by what they take on the screen', () => {
  const lines = table(io, [
    ['NAME', 'SINCE'],
    ['山田太郎', '2026'],
    ['Zoe\u0308 🎉', '2027'],
    ['Ada Lovelace', '2028'],
  ])
  expect(lines).toEqual([
    'NAME          SINCE',
    '山田太郎      2026',
    'Zoe\u0308 🎉        2027',
    'Ada Lovelace  2028',
  ])
  const starts = lines.map((line) => displayWidth(line.slice(0, line.search(/SINCE|202\d/))))
  expect(new Set(starts)).toEqual(new Set([14]))
})

test('a table cuts a wide text at the edge of the terminal', () => {
  const [line = ''] = table(io, [['Ada', '山'.repeat(60)]])
  expect(line).toBe(`Ada  ${'山'.repeat(37)}…`)
  expect(displayWidth(line)).toBe(80)
})

test.each([
  ['Zoe\u0308 Müller', 4, 'Zoe\u0308…'],
  ['한국'.normalize('NFD'), 3, `${'한'.normalize('NFD')}…`],
  ['🇩🇪🇫🇷', 3, '🇩🇪…'],
  ['👍🏽👍🏽', 3, '👍🏽…'],
  ['山田', 4, '山田'],
  ['山田', 2, '…'],
  ['山田', 0, ''],
])('"%s" in %i columns is "%s"', (text, room, shown) => {
  expect(cut(text, room)).toBe(shown)
})

const LONG = 'somebody.with.a.long.name@example.com'
const ROWS = [
  ['TENANT', 'USER NAME', 'NAME', 'STATUS', 'NOTE'],
  ['acme-netskope', LONG, '山田太郎'.repeat(4), 'active', 'x'.repeat(300)],
  ['acme-zoom', 'ada@example.com', 'Ada', 'inactive', ''],
]

test.each([40, 60, 80, 100, 200])('a table is never wider than its terminal of %i columns', (columns) => {
  const lines = table(terminalOf(columns), ROWS)
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns)
  // Every column is still there.
  for (const line of lines.slice(1, 2)) expect(line.split(/ {2,}/)).toHaveLength(5)
})

test('of a table that is too wide, the long columns are cut and the short ones are whole', () => {
  const [, line = ''] = table(io, ROWS)
  expect(line).toMatch(/^acme-netskope {2}somebod\S*… {2}山田\S*… *active {4}x+…$/)
})

test('a table is whole where no terminal shows it', () => {
  const [, line = ''] = table(terminalOf(undefined), ROWS)
  expect(line).toContain(LONG)
  expect(line).toContain('x'.repeat(300))
})

test('lines of wide words are wrapped before the edge', () => {
  const lines = wrap(io, Array(20).fill('山田太郎').join(' '), '  ')
  expect(lines.map(displayWidth)).toEqual([73, 73, 37])
})

test('a wide text without blanks is broken before the edge, and an address is not', () => {
  const lines = wrap(io, `${'退職'.repeat(40)} https://a.example/${'x'.repeat(90)}`, '  ')
  expect(lines.map(displayWidth)).toEqual([80, 80, 6, 110])
  expect(
    lines
      .slice(0, 3)
      .map((line) => line.trim())
      .join(''),
  ).toBe('退職'.repeat(40))
})
