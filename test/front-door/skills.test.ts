import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills'
import { skillEntry } from '@modelcontextprotocol/server/ext/skills'
import { describe, expect, test } from 'vitest'
import { openWorld } from '../support/world.ts'

const PLUGIN = join(import.meta.dirname, '../../plugin/skills')

describe.each(['modern', 'legacy'] as const)('skills, for the client of the SDK (%s)', (client) => {
  test('are those of the plugin, byte for byte, and pass the checks of the client', async () => {
    await using world = await openWorld({ client })
    if (!world.client.sdk) throw new Error('not a client of the current SDK')
    const skills = new SkillsClient(world.client.sdk)
    expect(skills.supported).toBe(true)
    const { skills: entries } = await skills.list()
    expect(entries.map(({ frontmatter }) => frontmatter.name).sort()).toEqual(readdirSync(PLUGIN).sort())
    for (const entry of entries) {
      const { name } = entry.frontmatter
      const page = readFileSync(join(PLUGIN, name, 'SKILL.md'), 'utf8')
      const file = await skills.read(entry)
      expect(file).toMatchObject({ verified: true, text: page })
      expect(entry).toEqual(await skillEntry(name, { 'SKILL.md': page }))
      expect(await skills.get(entry.uri)).toMatchObject({ skill: { uri: entry.uri } })
    }
  })

  test.each([
    'skill://nothing/SKILL.md',
    'skill://offboard-person/../../etc/passwd',
    'skill://offboard-person',
  ])('there is nothing else: %s', async (uri) => {
    await using world = await openWorld({ client })
    await expect(world.client.readResource(uri)).rejects.toMatchObject({ code: expect.any(Number) })
  })
})

test('what comes to nothing here is not offered', async () => {
  await using world = await openWorld({ args: ['--read-only'], tenants: () => ({ badges: BADGES }) })
  if (!world.client.sdk) throw new Error('not a client of the current SDK')
  const { skills } = await new SkillsClient(world.client.sdk).list()
  const prompts = await world.client.listPrompts()
  expect(skills.map(({ frontmatter }) => frontmatter.name.replaceAll('-', '_')).sort()).toEqual(
    prompts.map(({ name }) => name).sort(),
  )
  expect(skills.length).toBeLessThan(readdirSync(PLUGIN).length)
})

const BADGES = { vendor: 'manual', title: 'Door badges', owner: 'linus' }
