// @module-tag long

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { anthropicModel } from '../../scripts/eval/anthropic.ts'
import { MOST_CALLS } from '../../scripts/eval/converse.ts'
import { evaluate } from '../../scripts/eval/evaluate.ts'
import { openaiModel } from '../../scripts/eval/openai.ts'
import { leaver, leavers } from './changes.ts'
import { resultsTable } from './measured.ts'
import { type Brain, serveModel } from './model-server.ts'
import { howMany, oneOfMany } from './more.ts'
import { allAdmins } from './reads.ts'
import { requests } from './requests.ts'

const KEY = 'sk-simulated-0123456789abcdef'
const APIS = { anthropic: anthropicModel, openai: openaiModel }

const katherine = (user: string) => [
  {
    name: 'deactivate_user',
    args: { user, tenants: tenantsOf('netskope', 'gainsight', 'mindtickle', 'scim'), reason: 'left' },
  },
]
const tenantsOf = (...apps: string[]) => apps.map((app) => `acme-${app}`)

/** Looks Katherine up, cuts her off, and says so. */
const able: Brain = (request, results) => {
  if (results.length === 0) return [{ name: 'find_user', args: { user: /^\w+ \w+/.exec(request)?.[0] } }]
  return results.length === 1
    ? katherine('katherine.johnson@example.com')
    : 'She is cut off in all four apps.'
}

async function judge(api: keyof typeof APIS, brain: Brain, request = leaver) {
  await using server = await serveModel(brain, KEY)
  const model = APIS[api]({ name: 'simulated', url: server.url, key: KEY, pauseMs: 1 })
  return { ...(await evaluate(model, request)), requests: server.asked.length }
}

test.each(Object.keys(APIS) as (keyof typeof APIS)[])(
  'a model that does it is right, over %s',
  async (api) => {
    const result = await judge(api, able)
    expect(result).toMatchObject({ verdict: 'right', calls: 2, questions: 1 })
    expect(result.tokens).toEqual({ input: 3_000, output: 30 })
    expect(result.bytes).toBeGreaterThan(1_000)
  },
)

test('a model that waits for an approval goes on when the person has given it', async () => {
  const args = {
    people: ['nadia.usman@example.com', 'sven.silva@example.com', 'sven.haddad@example.com'],
    reason: 'left',
  }
  const result = await judge(
    'anthropic',
    (_, results) => {
      const [first] = results
      if (first === undefined) return [{ name: 'offboard', args }]
      const { approval } = JSON.parse(first) as { approval: { id: string } }
      // It says so and waits, before it calls again.
      if (results.length > 1) return 'All three are cut off.'
      return waited.push(first) === 1
        ? 'Please approve it.'
        : [{ name: 'offboard', args: { ...args, approvalId: approval.id } }]
    },
    leavers,
  )
  expect(result).toMatchObject({ questions: 1, verdict: 'right' })
})
const waited: string[] = []

const none: Brain = () => 'I would rather not.'
const loops: Brain = () => [{ name: 'find_user', args: { user: 'ada@example.com' } }]

test.each<[what: string, api: keyof typeof APIS, brain: Brain, verdict: string, why: RegExp]>([
  [
    'changes somebody else',
    'openai',
    (_, { length }) => (length === 0 ? katherine('ada@example.com') : 'Done.'),
    'unwanted write',
    /ada@example\.com/,
  ],
  ['does nothing', 'openai', none, 'not done', /katherine/],
  ['says that it did what it did not', 'anthropic', () => 'She is cut off.', 'not done', /katherine/],
  ['calls for ever', 'anthropic', loops, 'failed', new RegExp(`more than ${MOST_CALLS} calls|turns`)],
  [
    'calls a hundred at once',
    'openai',
    () => Array.from({ length: 100 }, () => loops('', [])).flat() as never,
    'failed',
    /more than/,
  ],
  [
    'calls a tool that is not there',
    'openai',
    (_, { length }) => (length === 0 ? [{ name: 'cut_off_everywhere', args: {} }] : 'Done.'),
    'not done',
    /katherine/,
  ],
  [
    'sends arguments that are no JSON',
    'openai',
    (_, { length }) => (length === 0 ? [{ name: 'find_user', args: '{"user": ' }] : 'Done.'),
    'not done',
    /katherine/,
  ],
  ['answers in another form', 'anthropic', () => ({ body: { answer: 'ok' } }), 'failed', /another form/],
  ['answers with no JSON', 'openai', () => ({ raw: '<html>' }), 'failed', /JSON/],
  [
    'refuses, and repeats the key',
    'anthropic',
    () => ({ status: 403, body: { error: `no access with ${KEY}` } }),
    'failed',
    /403.*\[key\]/,
  ],
  ['closes the connection', 'openai', () => ({ drop: true }), 'failed', /could not be reached/],
])('a model that %s, over %s, is said to', async (_, api, brain, verdict, why) => {
  const result = await judge(api, brain)
  expect(result).toMatchObject({ verdict, why: expect.stringMatching(why) })
  expect(JSON.stringify(result)).not.toContain(KEY)
  expect(result.requests).toBeLessThan(MOST_CALLS + 2)
})

test('an error that passes is waited out', async () => {
  let failures = 2
  const result = await judge('anthropic', (...read) => {
    failures -= 1
    return failures >= 0 ? { status: 529, body: { error: 'overloaded' } } : able(...read)
  })
  expect(result).toMatchObject({ verdict: 'right', requests: 5 })
})

test.each([
  ['a question where several people are meant', oneOfMany, 'Which Sven do you mean?', 'right'],
  ['a guess where several people are meant', oneOfMany, 'Sven is cut off.', 'not told'],
  ['a number that is wrong', howMany, 'There are 7 in each.', 'not told'],
  ['all administrators, without what is unknown', allAdmins, 'grace and breakglass', 'not told'],
] as const)('judges by what a person is told: %s', async (_, request, said, verdict) => {
  expect(await judge('openai', () => said, request)).toMatchObject({ verdict })
})

test('the table has a row for each model', async () => {
  const one = { asks: '', calls: 2, bytes: 3_000, questions: 1, tokens: { input: 4_000, output: 50 } }
  const [, , row] = resultsTable([
    {
      model: 'm',
      on: '2026-01-31',
      requests: [
        { ...one, verdict: 'right' },
        { ...one, verdict: 'unwanted write' },
      ],
    },
  ])
  expect(row).toBe('| m | 2026-01-31 | 1 of 2 | 1 | 2.0 | 3.0 | 4.0 k | 0.1 k |')
})

const ROOT = join(import.meta.dirname, '../..')
const command = (words: string[], env: Record<string, string>) =>
  new Promise<{ code: unknown; out: string }>((resolve) => {
    const own = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...env }
    const run = [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), 'scripts/eval.ts', ...words]
    execFile(process.execPath, run, { cwd: ROOT, env: own }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, out: stdout + stderr }),
    )
  })

test.each([
  [['--model', 'claude-any'], /ANTHROPIC_API_KEY holds no key/],
  [['--model', 'gpt-any'], /OPENAI_API_KEY holds no key/],
  [['--model', 'any', '--api', 'other'], /no API other/],
  [[], /Which model/],
  [['--model', 'claude-any', '--only', '99'], /--only takes numbers|holds no key/],
])('the command with %j says what it needs, and exits with 2', async (words, says) => {
  const { code, out } = await command(words, {})
  expect({ code, out }).toEqual({ code: 2, out: expect.stringMatching(says) })
})

test('the command runs a request, prints the table and no key', async () => {
  await using server = await serveModel(able, KEY)
  const number = String(requests.indexOf(leaver) + 1)
  const env = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: server.url }
  const { code, out } = await command(['--model', 'claude-simulated', '--only', number], env)
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/\| claude-simulated \|.*\| 1 of 1 \|/),
  })
  expect(out).not.toContain(KEY)
})
