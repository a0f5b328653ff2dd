// @module-tag long

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { program } from '../../src/cli/program.ts'
import { anIo } from '../cli/fake-io.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { atTerminal } from '../support/at-terminal.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-netskope'
const USER = 'ada@example.com'
const WHY = ['--reason', 'left the company']
const YES = { typed: ['y'] }
const APPROVED = { typed: ['grace', PASSPHRASE] }

const shared = shareWorld(async () => {
  const world = await openWorld({ tenants: (own) => own })
  await addApprovers(world, 'grace')
  writeFileSync(join(world.folder, 'leavers.csv'), `email\n${world.newcomer().userName}\n`)
  const { userName: user } = world.newcomer()
  await world.call('deactivate_user', { user, tenants: [TENANT], reason: 'left' })
  await world.run(['journal', 'keygen', join(world.folder, 'key.pem')])
  return world
})

beforeEach(() => {
  const { setInterval } = globalThis
  vi.spyOn(globalThis, 'setInterval').mockImplementation(((work: () => void, ms?: number) => {
    // The first second of every wait has gone by when it begins.
    if (ms === 1_000) work()
    return setInterval(work, ms)
  }) as typeof setInterval)
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** What commands that ask apps or read a journal of any length say while they do. */
const WAITING: readonly [words: string, said: string, typed?: { typed: string[] }][] = [
  ['check', 'Testing the tokens'],
  [`probe ${TENANT}`, 'Asking the app what it can do'],
  [`find ${USER}`, 'Waiting for the apps'],
  ['list', 'Reading the settings'],
  [`list ${TENANT}`, 'Waiting for the apps'],
  ['groups', 'Waiting for the apps'],
  [`groups ${TENANT} Everyone`, 'Waiting for the apps'],
  [`explain ${USER}`, 'Waiting for the apps'],
  [`deactivate ${USER} --tenants ${TENANT}`, 'Waiting for the apps', YES],
  [`reactivate ${USER} --tenants ${TENANT}`, 'Waiting for the apps', YES],
  ['undo CALL', 'Waiting for the apps', APPROVED],
  ['undo CALL --dry-run', 'Waiting for the apps'],
  ['offboard FOLDER/leavers.csv --confirm 1', 'Waiting for the apps', APPROVED],
  ['journal tail', 'Reading the journal'],
  ['journal show CALL', 'Reading the journal'],
  ['journal export --out journal.jsonl', 'Writing the entries'],
  ['journal verify', 'Verifying the journal'],
  ['journal reindex', 'Building the index'],
  ['journal anchor --signing-key FOLDER/key.pem', 'Verifying the journal'],
  ['journal prove CALL', 'Proving the entries'],
  [`audit show ${TENANT}`, 'Waiting for the apps'],
  [`audit export ${TENANT} --since 2026-01-01 --out log.jsonl`, 'Exporting the log'],
  [`audit reconcile ${TENANT}`, 'Reading the logs'],
  [`audit snapshot ${TENANT}`, 'Reading the accounts'],
  [`compare --truth ${TENANT}`, 'Comparing the accounts'],
  [`evidence --person ${USER} --out evidence`, 'Reading the journal'],
  [`evidence --person ${USER} --out evidence`, 'Asking the apps'],
  [`evidence --person ${USER} --out evidence`, 'Writing the proofs'],
  ['journal rotate', 'Closing the journal so far'],
]

/** The commands that wait for nobody, and those that tell of themselves what happens. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  'what this machine keeps': [
    ...['allow', 'setup', 'policy explain', 'tools', 'apps', 'completion', 'version', 'journal keygen'],
    ...['approvals list', 'approvals show', 'approvals approve', 'approvals deny'],
    ...['approvers list', 'approvers add', 'approvers remove', 'brake status', 'brake on', 'brake off'],
    ...['limits list', 'limits lift', 'runs list', 'runs show', 'runs cancel', 'tasks list', 'tasks done'],
    ...['tokens list', 'tokens create', 'tokens revoke'],
  ],
  'a server, a story, questions, or whatever happens': ['serve', 'sandbox', 'demo', 'init', 'audit follow'],
  'a bar of the run': ['runs resume'],
  // Held by the tests of segments.
  'a line a segment, in Redis': ['journal archive', 'journal restore'],
}

test('every command that waits says so from the first second', async () => {
  for (const [words, said, more] of WAITING) {
    const call =
      shared()
        .journal()
        .findLast(({ account }) => account)?.call ?? 'none'
    const given = words.replace('CALL', call).replace('FOLDER', shared().folder).split(' ')
    const reason = ['deactivate', 'reactivate', 'offboard'].includes(given[0] ?? '') ? WHY : []
    const { err } = await atTerminal(shared(), [...given, ...reason], { ...more, columns: 120 })
    expect.soft(err, words).toContain(`${said}, 0 s`)
  }
})

test('no command is forgotten', () => {
  const leaves = (command: Command, path: string): string[] =>
    command.commands.length === 0
      ? [path]
      : command.commands.flatMap((inner) => leaves(inner, `${path} ${inner.name()}`.trim()))
  const io = anIo({
    ...{ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() },
    exit: () => {},
  })
  const known = [...WAITING.map(([words]) => words), ...Object.values(ELSEWHERE).flat()]
  const forgotten = leaves(program(io), '').filter(
    (leaf) => !known.some((words) => `${words} `.startsWith(`${leaf} `)),
  )
  expect(forgotten).toEqual([])
})
