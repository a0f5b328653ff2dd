import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

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

test('no heading and no claim of the threat model stands twice', () => {
  const headings = [...text.matchAll(/^## .+$/gm)].map(([heading]) => heading)
  for (const all of [headings, claims.map(([claim]) => claim)])
    expect(all.filter((one, at) => all.indexOf(one) !== at)).toEqual([])
})

test.each(claims)('the claim "%s" names its test', (_claim, _how, tests, ...more) => {
  expect(more).toEqual([])
  expect(tests).toMatch(/`test\/[^`]+`: "[^"]+"/)
})

test.each(references)('$file has "$title"', ({ file, title }) => {
  expect(existsSync(join(ROOT, file))).toBe(true)
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(title)
})

describe('what a maintainer reads first', () => {
  test.each(['docs/architecture.md', 'AGENTS.md', 'CONTRIBUTING.md', 'SECURITY.md'])(
    '%s names only files and folders that are there',
    (page) => {
      const text = readFileSync(join(ROOT, page), 'utf8').replace(/```[\s\S]*?```/g, '')
      const named = [...text.matchAll(/`([\w./-]+\/|[\w./-]+\.(?:ts|md|json))`/g)].map(
        ([, name = '']) => name,
      )
      // `name.ts` stands for any, and two are examples.
      const missing = named.filter(
        (name) =>
          !/\bname\b|\bverb-noun\b|pagerduty|end-sessions/.test(name) &&
          !['', 'src', 'docs'].some((from) => existsSync(join(ROOT, from, name))),
      )
      expect(named.length).toBeGreaterThan(page === 'SECURITY.md' ? 0 : 5)
      expect(missing).toEqual([])
    },
  )

  test('the architecture is two screens, every room and a glossary', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
    expect(page.split('\n').length).toBeLessThan(120)
    for (const { name } of readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    )) {
      expect(page).toContain(`\`${name}/\``)
    }
    const [, glossary = ''] = page.split('## Glossary')
    expect(glossary.split('\n').filter((line) => /^\| (?!word|---)/.test(line)).length).toBeGreaterThan(20)
  })
})

test('nothing tells anybody to run the package of that name, which belongs to somebody else', () => {
  const pages = execFileSync('git', ['ls-files', '*.md', '*.json', '*.yaml', '*.yml', 'src', 'deploy'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  for (const page of pages
    .trim()
    .split('\n')
    .filter((one) => existsSync(join(ROOT, one)))) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    expect(text, page).not.toMatch(
      /\b(npx|npm (i|install|exec)|pnpm dlx|bunx|yarn dlx)( -\S+)* identity-mcp(?!-server)\b/,
    )
  }
  const { name, bin, repository, homepage, bugs, author, keywords, dependencies, optionalDependencies } =
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  expect({ name, bin }).toEqual({ name: 'identity-mcp-server', bin: { 'identity-mcp': 'dist/main.js' } })
  for (const told of [repository, homepage, bugs, author, keywords]) expect(told).toBeTruthy()
  // What is bundled is not shipped beside it; what is native has a package for each system.
  expect(dependencies).toBeUndefined()
  expect(Object.keys(optionalDependencies).filter((one) => !one.startsWith('@libsql/'))).toEqual([])
})
