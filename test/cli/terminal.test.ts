import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { displayWidth, table, wrap } from '../../src/cli/terminal.ts'
import { anIo } from './fake-io.ts'

const io = anIo({
  stdin: new PassThrough(),
  stdout: Object.assign(new PassThrough(), { columns: 80 }),
  stderr: new PassThrough(),
  exit: () => {},
})

test.each([
  ['Ada', 3],
  ['山田太郎', 8],
  ['コーヒー、。', 12],
  ['ｱｲｳ', 3],
  ['ＡＢ', 4],
  ['김철수', 6],
  ['Zoe\u0308', 3],
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

test('lines of wide words are wrapped before the edge', () => {
  const lines = wrap(io, Array(20).fill('山田太郎').join(' '), '  ')
  expect(lines.map(displayWidth)).toEqual([73, 73, 37])
})
