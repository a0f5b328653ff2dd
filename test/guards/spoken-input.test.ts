import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { declaredOnly } from '../../src/guards/declared-only.ts'
import { tools } from '../../src/tools/index.ts'
import { codeOf, makeCall, recordingNext } from '../support/call.ts'

const toolNamed = (name: string) => {
  const tool = tools.find((one) => one.name === name)
  if (!tool) throw new Error(`no tool ${name}`)
  return tool
}

/** What the guards and the tool get of these arguments, or the code of the refusal. */
async function taken(tool: string, input: unknown): Promise<unknown> {
  const { next, reached } = recordingNext()
  const declared = { ...toolNamed(tool), output: makeCall().tool.output }
  const ended = await codeOf(declaredOnly()(makeCall({ tool: declared, input }), next)).catch(() => undefined)
  return reached[0]?.input ?? ended
}

const LEAVES = { user: 'ada@example.com', tenants: ['acme'], reason: 'left' }
const UPDATE = { tenant: 'acme', user: 'ada@example.com', set: { title: 'Boss' } }
const CUSTOM = { ...UPDATE, set: { custom: { costCenter: '42' } } }

describe('arguments in another spelling are taken as', () => {
  test.each<[what: string, tool: string, spelt: unknown, meant: unknown]>([
    [
      'null for what may be left out',
      'find_user',
      { user: 'ada', tenants: null, cursor: null },
      { user: 'ada' },
    ],
    [
      'empty text for what may be left out',
      'find_user',
      { user: 'ada', tenants: '', fields: '' },
      { user: 'ada' },
    ],
    [
      'null and empty deep inside',
      'update_user',
      { ...UPDATE, set: { title: 'Boss', email: '', admin: null } },
      UPDATE,
    ],
    [
      'everything that may be left out',
      'deactivate_user',
      { ...LEAVES, approvalId: null, partial: '' },
      LEAVES,
    ],
    [
      'a part that is not enough, which is so anyway',
      'deactivate_user',
      { ...LEAVES, partial: false },
      LEAVES,
    ],
    ['a list as JSON text', 'deactivate_user', { ...LEAVES, tenants: '["acme"]' }, LEAVES],
    ['an object as JSON text', 'update_user', { ...UPDATE, set: '{"title":"Boss"}' }, UPDATE],
    [
      'an object in JSON text in an object',
      'update_user',
      { ...UPDATE, set: { custom: '{"costCenter":"42"}' } },
      CUSTOM,
    ],
    [
      'and the same in JSON text',
      'update_user',
      { ...UPDATE, set: JSON.stringify({ custom: '{"costCenter":"42"}' }) },
      CUSTOM,
    ],
    ['no arguments at all', 'list_tenants', null, {}],
    ['what Cursor adds', 'list_tenants', { random_string: 'x' }, {}],
    [
      'what n8n adds to a call',
      'find_user',
      { user: 'ada', toolCallId: 'call_1', tool: 'find_user' },
      { user: 'ada' },
    ],
    [
      'what the chat of n8n adds',
      'pull_audit',
      { tenant: 'acme', sessionId: 's', action: 'sendMessage', chatInput: 'hello', toolCallId: 'c' },
      { tenant: 'acme' },
    ],
    [
      'an action that is asked for',
      'pull_audit',
      { tenant: 'acme', action: 'sendMessage' },
      { tenant: 'acme', action: 'sendMessage' },
    ],
  ])('%s', async (_, tool, spelt, meant) => {
    expect(await taken(tool, spelt)).toEqual(await taken(tool, meant))
    expect(await taken(tool, meant)).toEqual(expect.objectContaining(meant))
  })
})

describe('no spelling makes up an argument:', () => {
  test.each<[what: string, tool: string, input: unknown]>([
    ['null for what is needed', 'find_user', { user: null }],
    ['empty text for what is needed', 'deactivate_user', { ...LEAVES, reason: '' }],
    ['nothing to set', 'update_user', { ...UPDATE, set: { title: '' } }],
    ['a name in place of a list', 'deactivate_user', { ...LEAVES, tenants: 'acme' }],
    ['JSON text of another kind', 'deactivate_user', { ...LEAVES, tenants: '{"0":"acme"}' }],
    ['JSON text that ends early', 'deactivate_user', { ...LEAVES, tenants: '["acme"' }],
    ['a list in place of a text', 'find_user', { user: '["ada"]', tenants: [null] }],
    [
      'a prototype in JSON text',
      'update_user',
      { ...UPDATE, set: '{"title":"x","__proto__":{"admin":true}}' },
    ],
    [
      'a prototype in JSON text in an object',
      'update_user',
      { ...UPDATE, set: { custom: '{"a":"b","__proto__":{"c":"d"}}' } },
    ],
    ['an argument that nobody knows', 'find_user', { user: 'ada', force: true }],
    ['a word of n8n without n8n', 'deactivate_user', { ...LEAVES, action: 'sendMessage' }],
    ['another word of n8n without n8n', 'find_user', { user: 'ada', tool: 'find_user' }],
    ['what a client adds, deep inside', 'update_user', { ...UPDATE, set: { title: 'x', toolCallId: 'c' } }],
    ['arguments that are a text', 'find_user', '{"user":"ada"}'],
  ])('%s', async (_, tool, input) => {
    expect(await taken(tool, input)).toBe('invalid_input')
  })

  test('whatever the text is, in a list or an object', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (text) => {
        for (const [tool, input] of [
          ['deactivate_user', { ...LEAVES, tenants: text }],
          ['update_user', { ...UPDATE, set: text }],
        ] as const) {
          const got = await taken(tool, input)
          if (got !== 'invalid_input')
            expect(got).toEqual(await taken(tool, { ...input, ...parsedIn(input, text) }))
        }
      }),
    )
  })
})

/** The argument that is this text, as the value that the text is JSON of. */
const parsedIn = (input: object, text: string) =>
  Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) => (value === text ? [[name, JSON.parse(text)]] : [])),
  )
