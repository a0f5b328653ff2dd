import * as z from 'zod'
import type { TokenCheck } from '../domain/operations.ts'
import type { Answered } from '../engine/ask.ts'
import { sameAsBefore } from '../engine/cursor.ts'
import { defineTool } from '../engine/tool.ts'
import { isoRetryAt } from '../errors.ts'
import { Code, Cursor, TenantName } from './fields.ts'
import { fitting } from './fit.ts'

const CheckedToken = z.lazy(() =>
  z.object({
    tenant: z.string(),
    token: z.string(),
    fingerprint: z.string(),
    verdict: z.enum([
      'ok',
      'rejected',
      'wrong_token',
      'missing_grant',
      'expired',
      'expires_soon',
      'wrong_address',
      'sso_not_active',
      'rate_limited',
      'unreachable',
      'not_configured',
    ]),
    surfaces: z.array(
      z.object({
        surface: z.string(),
        ok: z.boolean(),
        status: z.int().optional(),
        meaning: z.string(),
        hint: z.string().optional(),
      }),
    ),
    expiresAt: z.string().optional(),
    budget: z.array(
      z.object({ window: z.string(), of: z.literal('changes').optional(), limit: z.int(), left: z.int() }),
    ),
    code: Code.optional(),
    retryAt: z.string().optional(),
  }),
)

export default defineTool({
  name: 'check_token',
  title: 'Check tokens',
  description:
    'Check the tokens of each app: what is wrong, where to make the right one. ' +
    'Use after unauthorized, wrong_token, forbidden.',
  needs: ['checkTokens'],
  effect: 'reads',
  input: () => z.strictObject({ tenant: TenantName.optional().describe('Default all'), cursor: Cursor }),
  output: () =>
    z.object({
      checks: z.array(CheckedToken),
      nextCursor: z.string().optional(),
      /** False while there are tenants behind the cursor. */
      complete: z.boolean(),
    }),

  async run({ tenant, cursor }, { ask, cursors }) {
    const place = cursor ? await cursors.open<TokensCursor>(cursor) : undefined
    if (place) sameAsBefore({ tenant }, {})
    const names = place
      ? namesBehind(ask.tenants.offering('checkTokens'), place)
      : tenant === undefined
        ? undefined
        : [tenant]
    const answers = await ask.each('checkTokens', names, {})
    const checksOf = (most: number) => ({ checks: answers.slice(0, most).flatMap(rowsOf) })
    const shown = fitting(answers.length, checksOf)
    const last = answers[shown - 1]
    const isCut = shown < answers.length
    return {
      ...checksOf(shown),
      complete: !isCut,
      ...(isCut &&
        last && {
          nextCursor: await cursors.sign({
            after: last.tenant.name,
            count: (place?.count ?? 0) + shown,
          } satisfies TokensCursor),
        }),
    }
  },
})

/** The last tenant that was shown, and how many were. */
interface TokensCursor {
  after: string
  count: number
}

const namesBehind = (all: readonly { name: string }[], { after, count }: TokensCursor): string[] =>
  all.slice(all.findIndex(({ name }) => name === after) + 1 || count).map(({ name }) => name)

function rowsOf(answered: Answered<TokenCheck[]>): z.input<typeof CheckedToken>[] {
  const name = answered.tenant.name
  if ('answer' in answered)
    return answered.answer.map((check) => ({ tenant: name, fingerprint: 'none', ...check }))
  const { code, message, hint, details } = answered.error
  return [
    {
      tenant: name,
      token: 'any',
      fingerprint: 'none',
      verdict: code === 'rate_limited' ? 'rate_limited' : 'unreachable',
      surfaces: [{ surface: 'any', ok: false, meaning: message, hint }],
      budget: [],
      code,
      ...isoRetryAt(details),
    },
  ]
}
