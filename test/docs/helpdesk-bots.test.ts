// @module-tag long

import { describe, expect, test } from 'vitest'
import { addApprovers, PASSPHRASE } from '../support/approvers.ts'
import { type HttpWorld, openHttpWorld } from '../support/http-world.ts'
import { noPython, programIn } from './programs.ts'

const LANGUAGES = ['typescript', 'python'] as const

/** Runs the bot of the page for `user`. A person decides as soon as it says that one must. */
async function runBot(
  world: HttpWorld,
  language: (typeof LANGUAGES)[number],
  user: string,
  decide: readonly string[] = [],
) {
  using bot = programIn('docs/for-helpdesk-bots.md', language)
  const token = await world.token('helpdesk', ['identity:remove'])
  let decided: Promise<unknown> | undefined
  let text = ''
  const ran = await bot.run([user, 'HR-4711', 'acme-netskope'], {
    env: { IDENTITY_MCP_URL: String(world.url), IDENTITY_MCP_TOKEN: token, POLL_SECONDS: '1' },
    said(piece) {
      text += piece
      const [, id] = /A person decides on this, as (\S+):/.exec(text) ?? []
      const [decision = '', ...more] = decide
      if (id === undefined || decided) return
      const words = ['approvals', decision, id, '--approver', 'grace', '--passphrase-stdin', ...more]
      decided = world.run(words, { stdin: `${PASSPHRASE}\n` })
    },
  })
  await decided
  return ran
}

describe.each(LANGUAGES)('the bot in %s, as it stands in the docs,', (language) => {
  const wanted = language === 'typescript' || !noPython

  test.runIf(wanted)('waits for a person, deactivates once, and says so', async () => {
    await using world = await openHttpWorld()
    await addApprovers(world, 'grace')
    const { userName } = world.newcomer()
    const ran = await runBot(world, language, userName, ['approve'])
    expect(ran).toEqual({ code: 0, out: expect.stringContaining('acme-netskope: deactivated') })
    expect(ran.out).not.toContain('not verified')
    expect(world.netskope.user(userName).active).toBe(false)
    expect(world.netskope.writes).toHaveLength(1)
    expect(world.journal().find(({ event }) => event === 'asked')?.args).toMatchObject({
      reason: 'Left the company, ticket HR-4711',
    })
  })

  test.runIf(wanted)('changes nothing when the person says no, and tells the words', async () => {
    await using world = await openHttpWorld()
    await addApprovers(world, 'grace')
    const { userName } = world.newcomer()
    const ran = await runBot(world, language, userName, ['deny', '--reason', 'Ask HR first'])
    expect(ran).toEqual({ code: 1, out: expect.stringMatching(/approval_denied: .*Ask HR first/) })
    expect(world.netskope.user(userName).active).not.toBe(false)
    expect(world.netskope.writes).toEqual([])
  })

  test.runIf(wanted)('hands over what it cannot do', async () => {
    await using world = await openHttpWorld()
    const ran = await runBot(world, language, 'nobody@example.com')
    expect(ran).toEqual({ code: 1, out: expect.stringContaining('not_found: ') })
  })
})
