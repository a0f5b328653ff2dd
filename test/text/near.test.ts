import { expect, test } from 'vitest'
import { nearNames } from '../../src/text/near.ts'

const NAMES = ['find', 'list', 'deactivate', 'reactivate', 'journal', 'approvals', 'approvers', '--read-only']

test.each<[string, string[]]>([
  ['fnd', ['find']],
  ['fidn', ['find']],
  ['lsit', ['list']],
  ['lits', ['list']],
  ['LIST', ['list']],
  ['deactivte', ['deactivate', 'reactivate']],
  ['jornal', ['journal']],
  ['aproval', ['approvals']],
  ['--reed-only', ['--read-only']],
  ['xyz', []],
  ['', []],
  ['--', []],
  ['🎉', []],
])('near to %j is %j', (word, near) => {
  expect(nearNames(word, NAMES)).toEqual(near)
})

test('a very long word costs little', () => {
  expect(nearNames('x'.repeat(1_000_000), NAMES)).toEqual([])
})
