import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const text = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')

/** The rows of the tables that begin with a claim. */
const claims = text
  .split('\n\n')
  .filter((block) => block.startsWith('| claim |'))
  .flatMap((table) => table.trim().split('\n').slice(2))
  .map((row) => row.replace(/^\| | \|$/g, '').split(' | '))
const references = [...text.matchAll(/`(test\/[^`]+)`: "([^"]+)"/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}))

test('the threat model makes claims', () => {
  expect(claims.length).toBeGreaterThan(30)
  expect(references.length).toBeGreaterThan(claims.length)
})

test.each(claims)('the claim "%s" names its test', (_claim, _how, tests, ...more) => {
  expect(more).toEqual([])
  expect(tests).toMatch(/`test\/[^`]+`: "[^"]+"/)
})

test.each(references)('$file has "$title"', ({ file, title }) => {
  expect(existsSync(join(ROOT, file))).toBe(true)
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title)
})
