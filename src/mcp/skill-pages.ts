import { createHash } from 'node:crypto'
import { promptTexts } from './prompt-texts.ts'
import { PROMPTS } from './prompts.ts'

/** A prompt as a skill: the same steps, in the form of agentskills.io. The plugin has the same pages. */
interface SkillPage {
  /** Of the skill, and the name of its folder. */
  name: string
  description: string
  /** `SKILL.md`. */
  text: string
  /** The tool without which it comes to nothing. */
  needs: string
}

export const skillPages: readonly SkillPage[] = PROMPTS.map(({ name: prompt, title, needs, ...told }) => {
  const name = prompt.replaceAll('_', '-')
  const description = `${told.description} Use it when asked: ${title}`
  const front = ['---', `name: ${name}`, `description: ${JSON.stringify(description)}`, '---']
  const text = `${[...front, '', `# ${title}`, '', promptTexts[prompt]].join('\n')}\n`
  return { name, description, text, needs }
})

export const uriOfSkill = ({ name }: SkillPage): string => `skill://${name}/SKILL.md`

/** A skill as the extension lists it (SEP-2640), with what its page is checked against. */
export const entryOf = (page: SkillPage) => ({
  uri: uriOfSkill(page),
  frontmatter: { name: page.name, description: page.description },
  resources: [
    {
      uri: uriOfSkill(page),
      digest: `sha256:${createHash('sha256').update(page.text).digest('hex')}`,
      size: Buffer.byteLength(page.text),
    },
  ],
})
