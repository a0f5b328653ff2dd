import * as z from 'zod'
import { Person } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import { defineTool } from '../engine/tool.ts'
import { Code, TenantNames, UserRef } from './fields.ts'

const Searched = z.object({
  tenant: z.string(),
  outcome: z.enum(['found', 'absent', 'not_searched']),
  code: Code.optional(),
  retryAt: z.string().optional(),
})

/** Of accounts in one app that all bear the name that was asked for. */
const MOST = 20

export default defineTool({
  name: 'find_user',
  title: 'Find a user',
  description: 'Look a person up in every app. Says which were searched: not_searched never means absent.',
  needs: ['findAccounts'],
  effect: 'reads',
  input: () =>
    z.strictObject({
      user: UserRef.describe('Email, user name or id'),
      tenants: TenantNames.optional().describe('All when left out'),
    }),
  output: () => z.object({ people: z.array(Person), searched: z.array(Searched), complete: z.boolean() }),

  async run({ user, tenants }, { ask }) {
    const answers = await ask.each('findAccounts', tenants, { user })
    return {
      people: correlate(
        answers.flatMap((answered) => ('answer' in answered ? answered.answer.slice(0, MOST) : [])),
      ),
      searched: answers.map((answered): z.input<typeof Searched> => {
        const tenant = answered.tenant.name
        if ('answer' in answered) return { tenant, outcome: answered.answer.length > 0 ? 'found' : 'absent' }
        const { code, details } = answered.error
        return {
          tenant,
          outcome: 'not_searched',
          code,
          ...(details.retryAt !== undefined && { retryAt: new Date(details.retryAt).toISOString() }),
        }
      }),
      complete: answers.every((answered) => 'answer' in answered && answered.answer.length <= MOST),
    }
  },
})
