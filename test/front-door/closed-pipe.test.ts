// @module-tag long

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { MAIN } from '../support/main.ts'
import { startProgram } from '../support/program.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-netskope'
const ADA = 'ada@example.com'

const shared = shareWorld(async () => {
  const world = await openWorld({ sandbox: { events: 20 } })
  await addApprovers(world, 'grace')
  // Something for the journal to tell.
  await world.call('deactivate_user', { user: ADA, tenants: [TENANT], reason: 'left' })
  await world.call('reactivate_user', { user: ADA, tenants: [TENANT], reason: 'a mistake' })
  return world
})

/** A command whose reader has gone before it writes anything. */
async function unread(words: readonly string[], stdin = '') {
  const { config, env } = shared()
  const program = startProgram([...words, '--config', config], { env, ownProcess: true })
  program.stdout.destroy()
  let stderr = ''
  program.stderr.on('data', (piece) => {
    stderr += String(piece)
  })
  program.stdin.end(stdin)
  return { code: await program.ended, stderr }
}

/** A command behind `head -1`, in a shell that tells its exit code. */
async function headOf(command: string) {
  const { config, env } = shared()
  const line = `'${process.execPath}' '${MAIN}' ${command} --config '${config}' | head -1; exit "\${PIPESTATUS[0]}"`
  const shell = spawn('/bin/bash', ['-c', line], { env })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    shell[name].on('data', (piece) => {
      said[name] += String(piece)
    })
  const code = await new Promise<number | null>((resolve) => shell.once('close', resolve))
  return { ...said, code }
}

describe('a command whose output nobody reads ends quietly', () => {
  test.each([
    ['--help'],
    ['list'],
    [`list ${TENANT}`],
    [`list ${TENANT} --json`],
    [`list ${TENANT} --csv`],
    [`groups ${TENANT}`],
    [`find ${ADA} --json`],
    [`explain ${ADA}`],
    [`audit ${TENANT}`],
    [`audit export ${TENANT} --since 2026-01-01`],
    ['journal'],
    ['journal export'],
    ['journal export --format csv'],
    ['journal verify'],
    ['approvals list --json'],
    ['check --json'],
    ['tools'],
    ['tools --json'],
    ['apps'],
    ['completion bash'],
  ])('%s', async (command) => {
    expect(await unread(command.split(' '))).toEqual({ code: 0, stderr: '' })
  })

  test.each([
    // More than a pipe holds.
    [`list ${TENANT} --json`, '{'],
    [`list ${TENANT}`, 'USER NAME'],
    ['journal export', '{'],
  ])('%s | head -1', async (command, begins) => {
    const { stdout, ...rest } = await headOf(command)
    expect(rest).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(new RegExp(`^\\${begins}[^\\n]*\\n$`))
  })
})

test('what a command does is done, also where nobody reads what it says', async () => {
  const { folder, netskope, newcomer } = shared()
  const { userName } = newcomer()
  const file = join(folder, 'leavers.csv')
  writeFileSync(file, `email\n${userName}\n`)
  const words = ['offboard', file, '--reason', 'left', '--approver', 'grace', '--confirm', '1']
  expect(await unread([...words, '--passphrase-stdin', '--tenants', TENANT], `${PASSPHRASE}\n`)).toEqual({
    code: 0,
    stderr: '',
  })
  expect(netskope.user(userName).active).toBe(false)
})

test('a fault is still said where only the output is closed', async () => {
  const { code, stderr } = await unread(['list', 'acme-nothing'])
  expect(code).toBe(2)
  expect(stderr).toContain('acme-nothing')
})
