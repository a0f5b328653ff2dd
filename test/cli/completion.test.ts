import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { anIo, openDesk } from './fake-io.ts'

const root = program(
  anIo({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), exit: () => {} }),
)

/** Every command with its words. */
const all = (command: Command, words: readonly string[] = []): { command: Command; words: string[] }[] =>
  command.commands.flatMap((inner) => {
    const here = [...words, inner.name()]
    return [{ command: inner, words: here }, ...all(inner, here)]
  })

const folder = mkdtempSync(join(tmpdir(), 'completion-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const scriptOf = async (shell: string) => {
  await using desk = await openDesk()
  const { out, code } = await desk.run((io) => program(io), ['completion', shell])
  expect(code).toBe(0)
  const file = join(folder, shell)
  writeFileSync(file, out)
  return file
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

/** What a shell offers behind each of these lines; the last word is the one to complete. */
interface Shell {
  name: string
  ask: (file: string, lines: readonly (readonly string[])[]) => string
}

const BETWEEN = '@@'

/** How to start a shell without what its user has set up. */
const BARE: Record<string, string> = { bash: '--norc', zsh: '-f', fish: '--no-config' }

const SHELLS: readonly Shell[] = [
  {
    name: 'bash',
    ask: (file, lines) =>
      [
        `source ${file}`,
        ...lines.map(
          (words) =>
            `COMP_WORDS=(identity-mcp ${words.map(quoted).join(' ')}); COMP_CWORD=${words.length}; COMPREPLY=(); ` +
            `_identity_mcp; printf '%s\\n' "\${COMPREPLY[@]}"; echo ${BETWEEN}`,
        ),
      ].join('\n'),
  },
  {
    name: 'zsh',
    ask: (file, lines) =>
      [
        // What zsh would show, without its editor; the words of its own are replaced.
        'compdef() { }; _files() { }',
        `_describe() { print -rl -- \${(P)\${2}}; }`,
        'compadd() { shift; print -rl -- "$@"; }',
        `source ${file}`,
        ...lines.map(
          (words) =>
            `words=(identity-mcp ${words.map(quoted).join(' ')}); CURRENT=${words.length + 1}; _identity-mcp; echo ${BETWEEN}`,
        ),
      ].join('\n'),
  },
  {
    name: 'fish',
    ask: (file, lines) =>
      [
        `source ${file}`,
        ...lines.map(
          (words) => `complete -C ${quoted(['identity-mcp', ...words].join(' '))}; echo ${BETWEEN}`,
        ),
      ].join('\n'),
  },
]

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0

test('bash is here to be tested with', () => {
  expect(isInstalled('bash')).toBe(true)
})

describe.each(SHELLS.filter(({ name }) => isInstalled(name)))('the completion of $name', ({ name, ask }) => {
  let file = ''
  beforeAll(async () => {
    file = await scriptOf(name)
  })

  const offered = (lines: readonly (readonly string[])[]): string[][] => {
    const { stdout, stderr, status } = spawnSync(name, [BARE[name] ?? '', '-c', ask(file, lines)], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
    })
    expect([status, stderr]).toEqual([0, ''])
    return stdout
      .split(`${BETWEEN}\n`)
      .slice(0, lines.length)
      .map((block) =>
        block
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(/[\t:]/)[0] ?? ''),
      )
  }

  test('is a script that the shell takes', () => {
    execFileSync(name, ['-n', file])
  })

  test('offers every command at its place', () => {
    const groups = [{ command: root, words: [] as string[] }, ...all(root)].filter(
      ({ command }) => command.commands.length > 0,
    )
    const answers = offered(groups.map(({ words }) => [...words, '']))
    for (const [at, { command }] of groups.entries())
      expect(answers[at]).toEqual(expect.arrayContaining(command.commands.map((one) => one.name())))
    expect(groups.length).toBeGreaterThan(8)
  })

  test('offers every option of every command, and those of the program', () => {
    const commands = all(root)
    const answers = offered(commands.map(({ words }) => [...words, '--']))
    for (const [at, { command, words }] of commands.entries())
      expect(answers[at], words.join(' ')).toEqual(
        expect.arrayContaining([
          ...command.options.map(({ long }) => long),
          ...root.options.map(({ long }) => long),
          '--help',
        ]),
      )
    expect(commands.length).toBeGreaterThan(40)
  })

  test.each<[string[], string[]]>([
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [
      ['journal', 'export', '--format', ''],
      ['jsonl', 'csv', 'ocsf'],
    ],
    [
      ['--config', 'journal', 'journal', 'export', '--format', ''],
      ['jsonl', 'csv', 'ocsf'],
    ],
    [
      ['audit', 'show', 'acme-netskope', '--role', ''],
      ['actor', 'target', 'either'],
    ],
    [
      ['audit', '--role', ''],
      ['actor', 'target', 'either'],
    ],
    [
      ['undo', '--reason', 'journal', '--'],
      ['--tenant', '--dry-run', '--json'],
    ],
  ])('behind %j offers %j', (words, expected) => {
    const [answer] = offered([words])
    expect(answer).toEqual(expect.arrayContaining(expected))
  })

  test.each<[string[], string[]]>([
    [
      ['find', ''],
      ['export', 'deactivate'],
    ],
    [
      ['find', 'list', ''],
      ['export', 'find'],
    ],
    [
      ['undo', '--reason', ''],
      ['find', '--json'],
    ],
    [['undo', '--reason', 'journal', '--'], ['--lines']],
  ])('behind %j offers none of %j', (words, none) => {
    const [answer] = offered([words])
    for (const word of none) expect(answer).not.toContain(word)
  })
})

test('bash completes what is typed, as far as it is told', async () => {
  const file = await scriptOf('bash')
  const lines = [['dea'], ['jour'], ['approvals', 'app'], ['find', '--js'], ['check', '--tenant', 'x', '--j']]
  const { ask } = SHELLS[0] ?? { ask: () => '' }
  const stdout = execFileSync('bash', ['--norc'], { input: ask(file, lines), encoding: 'utf8' })
  expect(
    stdout
      .split(`${BETWEEN}\n`)
      .map((block) => block.trim().split('\n'))
      .slice(0, lines.length),
  ).toEqual([['deactivate'], ['journal'], ['approve'], ['--json'], ['--json']])
})

test('another shell is wrong usage', async () => {
  await using desk = await openDesk()
  expect(await desk.run((io) => program(io), ['completion', 'cmd'])).toMatchObject({ code: 2, out: '' })
})
