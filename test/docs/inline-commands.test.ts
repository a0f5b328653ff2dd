import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { anIo } from '../cli/fake-io.ts'
import { PAGES } from './commands.ts'
import { ROOT } from './programs.ts'

const root = program(
  anIo({ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), exit: () => {} }),
)

/** The commands that stand in the sentences and tables of a page, word by word. */
const inlineCommands = (page: string): string[][] =>
  [
    ...readFileSync(join(ROOT, page), 'utf8')
      .replace(/```[\s\S]*?```/g, '')
      .matchAll(/`(?:npx )?(?:identity-mcp|node dist\/main\.js) ([^`\n]+)`/g),
  ].map(([, words = '']) => words.split(/\s+/))

/** What of a command there is not. */
function unknownIn(words: readonly string[]): string[] {
  let command: Command = root
  let at = 0
  for (let next = inner(command, words[at]); next; next = inner(command, words[at])) {
    command = next
    at += 1
  }
  const [first = ''] = words
  const groups = [command, ...above(command)]
  const options = [...groups, ...defaultsOf(command)].flatMap((one) => one.options)
  const unknown = words
    .slice(at)
    .filter((word) => word.startsWith('--'))
    .map((word) => word.split('=')[0])
    .filter((word) => word !== '--help' && !options.some(({ long }) => long === word))
  const isCommand = at > 0 || first.startsWith('-') || first === 'help'
  return [...(isCommand ? [] : [first]), ...unknown.map(String)]
}

const inner = (command: Command, word: string | undefined): Command | undefined =>
  command.commands.find((one) => one.name() === word)
const above = ({ parent }: Command): Command[] => (parent ? [parent, ...above(parent)] : [])
/** A group takes the options of the command that stands for it; only its name tells which. */
const defaultsOf = (command: Command): readonly Command[] =>
  command.commands.filter((one) => ['list', 'show', 'status'].includes(one.name()))

describe('a command in a sentence is one that there is, with its options', () => {
  test.each(PAGES.filter((page) => inlineCommands(page).length > 0))('in %s', (page) => {
    const wrong = inlineCommands(page).flatMap((words) => {
      const unknown = unknownIn(words)
      return unknown.length > 0 ? [`${words.join(' ')}: ${unknown.join(', ')}`] : []
    })
    expect(wrong).toEqual([])
  })

  test('and another would be found', () => {
    expect(unknownIn(['jurnal', 'verify'])).toEqual(['jurnal'])
    expect(unknownIn(['journal', 'verify', '--anker', 'FILE'])).toEqual(['--anker'])
    expect(PAGES.flatMap(inlineCommands).length).toBeGreaterThan(60)
  })
})
