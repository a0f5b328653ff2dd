// @module-tag long

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { displayWidth } from '../../src/cli/display-width.ts'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { atTerminal } from '../support/at-terminal.ts'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'

const TENANT = 'acme-netskope'
const USER = 'wide@example.com'
/** Wide letters, emoji of two characters each, and marks upon letters. */
const NAME = `${'山田太郎'.repeat(6)} 👍🏽🇩🇪 ${'Zoe\u0308'.repeat(12)} Ω`
const REASON = `${'退職のため'.repeat(20)} 🎉 fin`

const shared = shareWorld(async () => {
  const world = await openWorld({
    answer: 'none',
    sandbox: { apps: ['netskope', 'okta'], events: 20 },
    tenants: (own) => ({
      ...own,
      'acme-okta': { ...own['acme-okta'], source: true },
      badges: { vendor: 'manual', title: 'Door badges 山田太郎', owner: 'grace' },
    }),
    settings: { confirm: { removes: 'approve' }, auth: { tokens: true } },
  })
  await addApprovers(world, 'grace')
  world.netskope.addUser({ userName: USER, displayName: NAME })
  await world.call('deactivate_user', { user: USER, tenants: [TENANT], reason: REASON })
  const file = join(world.folder, 'leavers.csv')
  writeFileSync(file, `email\n${USER}\n`)
  const flags = ['--approver', 'grace', '--confirm', '1', '--passphrase-stdin']
  const ran = await world.run(['offboard', file, '--tenants', TENANT, '--reason', REASON, ...flags], {
    stdin: `${PASSPHRASE}\n`,
  })
  if (ran.code !== 0) throw new Error(ran.stderr)
  await world.run(['tokens', 'create', 'a-bot-with-a-name-that-is-long', '--tenants', `${TENANT},acme-okta`])
  return world
})

const at80 = async (words: readonly string[]) => {
  const { out, err } = await atTerminal(shared(), words, { columns: 80 })
  // What people copy is never wrapped: commands and addresses.
  const lines = `${out}${err}`
    .split('\n')
    .filter((line) => !/identity-mcp \S|\/identity-mcp\.json|https?:\/\//.test(line))
  return { out, widest: Math.max(...lines.map(displayWidth)) }
}

/** The id in the first row of a list. */
const firstIn = async (group: string): Promise<string> =>
  /^.*\n(\S+)/.exec((await shared().run([group])).stdout)?.[1] ?? ''

describe('on a terminal of 80 columns, with wide characters, no line is wider', () => {
  test.each([
    ['list'],
    [`list ${TENANT}`],
    [`list ${TENANT} --match userName=${USER}`],
    [`find ${USER}`],
    [`explain ${USER}`],
    [`groups ${TENANT}`],
    [`groups ${TENANT} Engineering`],
    [`audit ${TENANT}`],
    ['approvals'],
    ['approvers'],
    ['runs'],
    ['tasks'],
    ['tokens'],
    ['limits'],
    ['brake'],
    ['journal'],
    ['compare --truth acme-okta'],
    ['apps'],
    ['apps slack'],
    ['check'],
    [`probe ${TENANT}`],
    [`policy explain deactivate_user --tenant ${TENANT}`],
    ['tools'],
    ['--help'],
    ['init --help'],
  ])('%s', async (command) => {
    const { out, widest } = await at80(command.split(' '))
    expect(out.length).toBeGreaterThan(0)
    expect(widest, out).toBeLessThanOrEqual(80)
  })

  test.each([['approvals'], ['runs']])('%s show', async (group) => {
    const { out, widest } = await at80([group, 'show', await firstIn(group)])
    expect(out).toContain(USER)
    expect(widest, out).toBeLessThanOrEqual(80)
  })
})

describe('in a pipe, what is wide is whole', () => {
  test.each([
    [`list ${TENANT} --match userName=${USER}`, NAME],
    [`find ${USER}`, NAME],
    [`find ${USER} --csv`, NAME],
    [`find ${USER} --json`, NAME],
    [`explain ${USER}`, NAME],
    ['approvals --json', REASON],
    ['journal --json', REASON],
    ['journal export', REASON],
  ])('%s', async (command, whole) => {
    const { stdout } = await shared().run(command.split(' '))
    expect(stdout.normalize()).toContain(whole.normalize())
  })
})
