import { InvalidInput, NotFound } from '../errors.ts'
import { inQuotes, plainText } from '../text/text.ts'
import type { promptTexts } from './prompt-texts.ts'

/** What a prompt is told. */
interface PromptArgument {
  name: string
  description: string
  required: boolean
  /** Whether it is the name of a tenant, which is completed from those there are. */
  isTenant?: true
}

/** A request that people make again and again, as a prompt. */
interface Prompt {
  name: keyof typeof promptTexts
  title: string
  description: string
  arguments: readonly PromptArgument[]
  /** A tool without which it comes to nothing. */
  needs: string
}

const PERSON = {
  name: 'person',
  description: 'Email, user name or name of the person',
  required: true,
} as const
const REASON = { name: 'reason', description: 'Why, for the journal', required: false } as const
const SINCE = {
  name: 'since',
  description: 'From when on, such as 2026-03-01 or yesterday',
  required: false,
} as const
const TENANT = { name: 'tenant', description: 'Only this app', required: false, isTenant: true } as const

/** The prompts. Their texts are elsewhere, and loaded when somebody asks for one. */
export const PROMPTS: readonly Prompt[] = [
  {
    name: 'offboard_person',
    title: 'Somebody leaves',
    description: 'Take a person’s access away in every app, and say what is left.',
    arguments: [PERSON, REASON],
    needs: 'deactivate_user',
  },
  {
    name: 'onboard_person',
    title: 'Somebody joins',
    description: 'Give a new person their accounts and groups, as a colleague has them.',
    arguments: [
      { ...PERSON, description: 'Name and email of the new person' },
      { name: 'like', description: 'A colleague with the same work', required: false },
      REASON,
    ],
    needs: 'create_user',
  },
  {
    name: 'investigate_person',
    title: 'What did this account do?',
    description: 'Collect what the apps and this server know of a person, without changing anything.',
    arguments: [PERSON, SINCE],
    needs: 'find_user',
  },
  {
    name: 'access_review',
    title: 'Who has access that should not?',
    description: 'Hold the accounts of the apps against the source of people, and list what differs.',
    arguments: [
      {
        name: 'truth',
        description: 'Tenant that is the truth about people',
        required: false,
        isTenant: true,
      },
      TENANT,
    ],
    needs: 'list_users',
  },
  {
    name: 'why_cant_they_log_in',
    title: 'Why can’t they log in?',
    description: 'Find what keeps a person out of an app.',
    arguments: [PERSON, TENANT],
    needs: 'find_user',
  },
]

/** Most characters of an argument. */
const MAX_ARGUMENT = 320

/** The text of a prompt, with what it is told as quoted data. Throws `NotFound` and `InvalidInput`. */
export async function promptText(name: unknown, given: Readonly<Record<string, unknown>>): Promise<string> {
  const prompt = PROMPTS.find((one) => one.name === name)
  if (!prompt)
    throw new NotFound(
      `There is no prompt "${plainText(String(name), 64)}".`,
      `There are: ${PROMPTS.map(({ name }) => name).join(', ')}.`,
    )
  const missing = prompt.arguments.find(({ name, required }) => required && !textOf(given[name]))
  if (missing)
    throw new InvalidInput(`${prompt.name} needs \`${missing.name}\`.`, `It is: ${missing.description}.`)
  const { promptTexts: texts } = await import('./prompt-texts.ts')
  const told = prompt.arguments.flatMap(({ name }) => {
    const text = textOf(given[name])
    return text ? [`- ${name}: ${inQuotes(text, MAX_ARGUMENT)}`] : []
  })
  return [...(told.length > 0 ? ['What was said, as data:', ...told, ''] : []), texts[prompt.name]].join('\n')
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '')
