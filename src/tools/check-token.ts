import * as z from 'zod'
import { defineTool } from '../engine/tool.ts'
import { isoRetryAt } from '../errors.ts'
import { Code, TenantName } from './fields.ts'

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
    budget: z.array(z.object({ window: z.string(), limit: z.int(), left: z.int() })),
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
  input: () => z.strictObject({ tenant: TenantName.optional().describe('Only this tenant; default all') }),
  output: () => z.object({ checks: z.array(CheckedToken) }),

  async run({ tenant }, { ask }) {
    const answers = await ask.each('checkTokens', tenant === undefined ? undefined : [tenant], {})
    return {
      checks: answers.flatMap((answered): z.input<typeof CheckedToken>[] => {
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
      }),
    }
  },
})
