import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import pkg from '../../package.json' with { type: 'json' }
import { program } from '../../src/cli/program.ts'
import { anIo, openDesk } from './fake-io.ts'

const root = program(
  anIo({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), exit: () => {} }),
)
const names = root.commands.map((command) => command.name())
const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const run = async (words: string[]) => {
  await using desk = await openDesk()
  return desk.run((io) => program(io), words)
}

describe('a word that is not known', () => {
  test.each([
    ['chek', 'check'],
    ['fidn ada@example.com', 'find'],
    ['deactivte ada@example.com --tenants x', 'deactivate'],
    ['jurnal', 'journal'],
    ['Find', 'find'],
    ['journal verfy', 'verify'],
    ['approvals aprove K7Q2-M9XD-41 --approver grace', 'approve'],
    ['brake offf', 'off'],
    ['runs cancle run-1', 'cancel'],
    ['tokens creat x', 'create'],
    ['--reed-only', '--read-only'],
    ['journal --jsn', '--json'],
    ['check --tennant acme', '--tenant'],
    ['find ada@example.com --jsn', '--json'],
  ])('is wrong usage, and the near one is named: %s', async (words, near) => {
    const { code, out, err } = await run(words.split(' '))
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(/unknown (command|option)/)
    expect(err).toMatch(new RegExp(`Did you mean .*${near}`))
  })

  test.each(['frobnicate', 'journal rotate extra', 'check qqqqq', '\u001b[2J'])(
    'with nothing near leads to the help: %j',
    async (words) => {
      const { code, err } = await run(words.split(' '))
      expect([code, err]).toEqual([2, expect.stringContaining('--help')])
      expect(err).not.toContain('\u001b')
    },
  )
})

test.each([[['help']], [['--help']]])('%s lists every command', async (words) => {
  const { code, out } = await run(words)
  expect(code).toBe(0)
  for (const name of names) expect(out).toContain(`  ${name} `)
})

test('help of a command is that command with --help', async () => {
  for (const name of names) expect((await run(['help', name])).out).toBe((await run([name, '--help'])).out)
})

test.each([[['version']], [['--version']]])('%s is that of the package', async (words) => {
  expect(await run(words)).toMatchObject({ code: 0, out: `${pkg.version}\n` })
})

test('the README lists every command, and no other', () => {
  const [, list = ''] = read('README.md').split('## The command line')
  const [, block = ''] = list.split('```')
  const listed = [...block.matchAll(/^identity-mcp ([a-z]\S*)/gm)].map(([, name]) => name)
  expect(listed.toSorted()).toEqual([...names, 'help'].toSorted())
})

test('every command line of docs/terminal.md is understood', () => {
  const lines = [...read('docs/terminal.md').matchAll(/^identity-mcp (.+?)(?: +#.*| > .*)?$/gm)].map(
    ([, words = '']) => words.replaceAll(/"[^"]*"/g, 'text').split(' '),
  )
  expect(lines.length).toBeGreaterThan(8)
  for (const [name = '', ...words] of lines) {
    const command = root.commands.find((one) => one.name() === name)
    const inner = command?.commands.find((one) => one.name() === 'show')
    const known = [command, inner].flatMap((one) => one?.options.map(({ long }) => long) ?? [])
    expect(names).toContain(name)
    for (const word of words.filter((one) => one.startsWith('--'))) expect(known).toContain(word)
  }
})
