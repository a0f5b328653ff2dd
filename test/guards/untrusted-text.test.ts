import { expect, test } from 'vitest'
import * as z from 'zod'
import { WRITTEN_IN_APPS } from '../../src/domain/account.ts'
import { tools } from '../../src/tools/index.ts'

/** Texts of answers that are this server's own words, names from its settings, ids and times, or what the caller sent. */
const OUR_OWN = [
  ...[
    'tenant',
    'vendor',
    'can',
    'caveats',
    'note',
    'like',
    'doubt',
    'caution',
    'code',
    'why',
    'what',
    'where',
    'hint',
  ],
  ...[
    'id',
    'of',
    'change',
    'runId',
    'comparisonId',
    'nextCursor',
    'approveAt',
    'approvedBy',
    'user',
    'field',
    'left',
  ],
  ...[
    'time',
    'notBefore',
    'until',
    'retryAt',
    'expiresAt',
    'createdAt',
    'updatedAt',
    'lastSignInAt',
    'lastSignIn',
  ],
  ...['token', 'fingerprint', 'surface', 'meaning', 'window', 'truth', 'status', 'sessions'],
]

type Schema = z.core.JSONSchema.JSONSchema

/** Where text of any kind may stand in what a schema describes, each as the names that lead to it. */
function* textsIn(schema: Schema, path: readonly string[] = []): Generator<readonly string[]> {
  const { type, properties = {}, items, additionalProperties, anyOf = [] } = schema
  const isFree = schema.enum === undefined && schema.const === undefined && schema.format === undefined
  if (type === 'string' && isFree) yield path
  for (const [name, inner] of Object.entries(properties)) yield* textsIn(inner as Schema, [...path, name])
  for (const inner of [items, additionalProperties, ...anyOf]) {
    if (typeof inner === 'object') yield* textsIn(inner as Schema, path)
  }
}

test.each(tools)(
  'every text in an answer of $name is marked as written in the apps, or known to be ours',
  (tool) => {
    const texts = [...textsIn(z.toJSONSchema(tool.output(), { io: 'output', reused: 'inline' }) as Schema)]
    expect(texts.length).toBeGreaterThan(0)
    const marked: readonly string[] = WRITTEN_IN_APPS
    const unknown = texts.filter(
      (path) => !path.some((name) => marked.includes(name)) && !OUR_OWN.includes(path.at(-1) ?? ''),
    )
    expect(unknown.map((path) => path.join('.'))).toEqual([])
  },
)

test('nothing is both', () => {
  expect(WRITTEN_IN_APPS.filter((name) => OUR_OWN.includes(name))).toEqual([])
})
