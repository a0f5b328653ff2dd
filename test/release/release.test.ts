// @module-tag long

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Run, release } from '../../scripts/release/release.ts'
import { nextVersion, releaseTexts, withSection } from '../../scripts/release/versions.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
const { name, version } = JSON.parse(read('package.json')) as { name: string; version: string }
const NEXT = nextVersion(version, 'major')
const NOW = new Date('2026-01-31T12:00:00Z')

test.each([
  ['patch', '1.2.4'],
  ['minor', '1.3.0'],
  ['major', '2.0.0'],
  ['1.10.0', '1.10.0'],
])('after 1.2.3, %s is %s', (wanted, next) => {
  expect(nextVersion('1.2.3', wanted)).toBe(next)
})
test.each(['1.2.3', '1.2.2', '0.9.9', '1.2', 'v1.3.0', '1.3.0-beta', 'latest'])(
  'nothing is released as %s',
  (wanted) => {
    expect(() => nextVersion('1.2.3', wanted)).toThrow()
  },
)

test('the version changes wherever it stands, and nothing else does', () => {
  const texts = releaseTexts(read, NEXT, '2026-01-31')
  for (const [file, text] of texts) {
    if (file === 'CHANGELOG.md') continue
    const [before, after] = [read(file).split('\n'), text.split('\n')]
    expect(after).toHaveLength(before.length)
    const changed = after.flatMap((line, at) => (line === before[at] ? [] : [[before[at], line]]))
    expect(changed.length).toBeGreaterThan(0)
    for (const [old, line] of changed) expect(line).toBe(old?.replace(version, NEXT))
  }
  // All files that name this version of the package, as their own or beside its name.
  const whole = version.replaceAll('.', '\\.')
  const names = `("version": "|identity-mcp(-server)?[@:"^ ]+)${whole}([^0-9.]|$)`
  const naming = execFileSync('git', ['grep', '-lE', names], { cwd: ROOT, encoding: 'utf8' })
  const own = naming
    .trim()
    .split('\n')
    .filter((file) => !/^test\//.test(file))
  expect(own).toEqual(expect.arrayContaining(['deploy/kubernetes.yaml', 'plugin/.mcp.json']))
  expect([...texts.keys()]).toEqual(expect.arrayContaining(own))
})

test('nothing is released where a file does not name the version', () => {
  const without = (file: string) => (file === 'deploy/kubernetes.yaml' ? 'image: another' : read(file))
  expect(() => releaseTexts(without, NEXT, '2026-01-31')).toThrow('deploy/kubernetes.yaml')
})

describe('the changelog', () => {
  const text = '# Changelog\n\n## Unreleased\n\n### Added\n\n- One.\n\n## 1.0.0 - 2025-01-01\n\n- First.\n'

  test('gets a section of what was unreleased', () => {
    expect(withSection(text, '1.1.0', '2026-01-31')).toBe(
      '# Changelog\n\n## Unreleased\n\n## 1.1.0 - 2026-01-31\n\n### Added\n\n- One.\n\n## 1.0.0 - 2025-01-01\n\n- First.\n',
    )
  })
  test.each([
    ['nothing is unreleased', text.replace('### Added\n\n- One.\n\n', '')],
    ['there is no such section', text.replace('Unreleased', 'Next')],
    ['it has that version', text.replace('1.0.0', '1.1.0')],
  ])('stops a release where %s', (_, changelog) => {
    expect(() => withSection(changelog, '1.1.0', '2026-01-31')).toThrow()
  })
})

describe('a release', () => {
  let root: string
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words], {
      cwd: root,
      encoding: 'utf8',
    })
  let ran: string[]
  let said: string[]
  let fails = ''
  const run: Run = (command, ...words) => {
    if (command === 'git') return git(...words)
    const line = [command, ...words].join(' ')
    ran.push(line)
    if (fails !== '' && line.startsWith(fails)) throw new Error(`${line} failed`)
    return ''
  }
  const make = (dryRun = false) =>
    release({ root, wanted: NEXT, dryRun, run, say: (line) => said.push(line), now: NOW })

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'identity-mcp-release-'))
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, root])
    ;[ran, said, fails] = [[], [], '']
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  test('packs, bundles, builds the image, commits and tags', () => {
    make()
    expect(ran).toEqual([
      'docker version',
      'mkdir -p release',
      'npm pack --pack-destination release',
      `npm run -s mcpb -- release/${name}-${NEXT}.mcpb`,
      `docker build --tag ${name}:${NEXT} .`,
    ])
    expect(git('status', '--porcelain')).toBe('')
    expect(git('tag', '--points-at', 'HEAD').trim()).toBe(`v${NEXT}`)
    expect(git('show', 'HEAD:CHANGELOG.md')).toContain(`## ${NEXT} - 2026-01-31`)
    expect(said.at(-1)).toContain('git push')
  })

  test('without Docker makes all but the image', () => {
    fails = 'docker'
    make()
    expect(ran.filter((line) => line.includes('docker build'))).toEqual([])
  })

  test.each(['npm pack', 'npm run -s mcpb', 'docker build'])(
    'that fails at "%s" leaves everything as it was',
    (step) => {
      fails = step
      const before = git('rev-parse', 'HEAD')
      expect(() => make()).toThrow(step)
      expect({
        head: git('rev-parse', 'HEAD'),
        status: git('status', '--porcelain'),
        tags: git('tag'),
      }).toEqual({
        head: before,
        status: '',
        tags: '',
      })
    },
  )

  test('of a tree with changes, or of a tag that exists, is not made', () => {
    git('tag', `v${NEXT}`)
    expect(() => make()).toThrow('exists')
    git('tag', '--delete', `v${NEXT}`)
    writeFileSync(join(root, 'README.md'), 'changed')
    expect(() => make()).toThrow('not committed')
    expect(ran).toEqual([])
  })

  test('as a dry run says what it would do, and does nothing', () => {
    expect(make(true)).toBe(NEXT)
    expect(ran).toEqual(['docker version'])
    expect(git('status', '--porcelain')).toBe('')
    expect(said).toEqual(expect.arrayContaining(['would pack', 'would commit', 'would tag']))
  })
})

test('the workflow publishes what is tagged, with provenance, and only if the tag is the version', () => {
  const workflow = read('.github/workflows/release.yml')
  expect(workflow).toContain('npm publish --provenance')
  expect(workflow).toContain('id-token: write')
  expect(workflow).toContain('test "v$(node -p')
})
