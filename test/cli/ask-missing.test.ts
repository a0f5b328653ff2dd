import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { PASSPHRASE } from '../support/approvers.ts'
import { atTerminal } from '../support/at-terminal.ts'
import { shareWorld } from '../support/sharing.ts'
import { openSetup } from '../support/world.ts'
import { anIo, openDesk } from './fake-io.ts'

const shared = shareWorld(async () => {
  const setup = await openSetup()
  return { ...setup, [Symbol.asyncDispose]: setup.close }
})

/** The commands that need something, and what they ask for first. */
const NEEDY: readonly [words: string, question: string][] = [
  ['approvals show', 'Id, as the list shows it'],
  ['approvals approve', 'Id, as the list shows it'],
  ['approvals deny', 'Id, as the list shows it'],
  ['approvers add', 'Name'],
  ['approvers remove', 'Name'],
  ['audit', 'Name of the tenant'],
  ['audit export', 'Name of the tenant'],
  ['audit follow', 'Name of the tenant'],
  ['audit reconcile', 'Name of the tenant'],
  ['audit snapshot', 'Name of the tenant'],
  ['evidence', '--out <folder>'],
  ['journal archive', 'Where to keep them'],
  ['journal keygen', 'File'],
  ['journal restore', 'The file that'],
  ['journal show', 'Call or number'],
  ['limits lift', 'Caller, as the journal names it'],
  ['offboard', 'CSV whose column'],
  ['policy explain', 'Name of the tool'],
  ['probe', 'The tenant to probe'],
  ['runs cancel', 'Id, as the list shows it'],
  ['runs resume', 'Id, as the list shows it'],
  ['runs show', 'Id, as the list shows it'],
  ['setup', 'Name of the tenant'],
  ['tasks done', 'Id, as the list shows it'],
  ['tokens create', 'Name'],
  ['tokens revoke', 'Name'],
  ['undo', 'The call'],
]

test.each(NEEDY)('%s asks at a terminal', async (words, question) => {
  const { out, err, code } = await atTerminal(shared(), words.split(' '), { typed: ['\u0003'] })
  expect(out).toContain(question)
  expect([err, code]).toEqual(['Nothing was changed.\n', 2])
})

test.each(NEEDY)('%s says elsewhere what is missing', async (words) => {
  await using desk = await openDesk()
  const { out, err, code } = await desk.run((io) => program(io), words.split(' '), { piped: 'something\n' })
  expect([out, code]).toEqual(['', 2])
  expect(err).toMatch(/^error: missing required (argument|option) '.+'\n$/)
})

/** The commands of which one of several things is enough, and what they ask for first. */
const ONE_OF: readonly [words: string, question: string, way: string][] = [
  ['compare', 'The tenant that is right', '--truth TENANT'],
  ['deactivate', 'Email, user name or id of the person', 'the person'],
  ['evidence --out never', 'Email, user name or id of the person', '--person NAME, or --from TIME'],
  ['explain', 'Email, user name, id or name of the person', 'the person'],
  ['find', 'Email, user name, id or name of the person', 'the person'],
  ['journal prove', 'the reference of a call, or the id of an approval', '--check FILE'],
  ['reactivate', 'Email, user name or id of the person', 'the person'],
]

test.each(ONE_OF)('%s asks at a terminal for what is enough', async (words, question) => {
  const { out, err, code } = await atTerminal(shared(), words.split(' '), { typed: ['\u0003'] })
  // The question fills more than one line of the terminal.
  expect(out.replace(/\s+/g, ' ')).toContain(question)
  expect([err, code]).toEqual(['Nothing was changed.\nRun the command again when you are ready.\n', 1])
})

test.each(ONE_OF)('%s says elsewhere what is enough', async (words, _, way) => {
  const { stdout, stderr, code } = await shared().run(words.split(' '))
  expect([stdout, code]).toEqual(['', 2])
  expect(stderr).toContain('Missing: ')
  expect(stderr).toContain(way)
})

test('the list of the commands says which arguments are needed', async () => {
  expect((await atTerminal(shared(), ['help'])).out).toMatch(/^ {2}undo \[options\] <reference> /m)
  expect((await atTerminal(shared(), ['runs', 'help'])).out).toMatch(/^ {2}show \[options\] <id> /m)
})

test('no command refuses what it could ask for', () => {
  const io = anIo({
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    exit: () => {},
  })
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)]
  const refusing = all(program(io)).filter(
    ({ registeredArguments, options }) =>
      registeredArguments.some(({ required }) => required) || options.some(({ mandatory }) => mandatory),
  )
  expect(refusing.map((command) => command.name())).toEqual([])
})

test('what is typed is taken like what the command line says', async () => {
  const added = await atTerminal(shared(), ['approvers', 'add'], {
    typed: [' grace ', PASSPHRASE, PASSPHRASE],
  })
  expect(added).toMatchObject({ code: 0, err: '' })
  expect((await atTerminal(shared(), ['approvers'])).out).toMatch(/^grace /m)
  const explained = await atTerminal(shared(), ['policy', 'explain'], { typed: ['deactivate_user'] })
  expect(explained).toMatchObject({ code: 0, err: '' })
})
