import * as z from 'zod'
import { Person } from '../domain/account.ts'
import { correlate } from '../domain/correlate.ts'
import { defineTool } from '../engine/tool.ts'
import { isoRetryAt } from '../errors.ts'
import { Code, TenantNames, UserRef } from './fields.ts'

const Searched = z.object({
  tenant: z.string(),
  outcome: z.enum(['found', 'absent', 'not_searched']),
  code: Code.optional(),
  retryAt: z.string().optional(),
})

/** Accounts shown of one tenant, all of which match what was asked for. */
const MAX_ACCOUNTS_PER_TENANT = 20

export default defineTool({
  name: 'find_user',
  title: 'Find a user',
  description: 'Look a person up in every app. Says which were searched: not_searched never means absent.',
  needs: ['findAccounts'],
  effect: 'reads',
  input: () =>
    z.strictObject({
      user: UserRef.describe('Email, user name or id'),
      tenants: TenantNames.optional().describe('Default all'),
    }),
  output: () => z.object({ people: z.array(Person), searched: z.array(Searched), complete: z.boolean() }),

  async run({ user, tenants }, { ask }) {
    const answers = await ask.each('findAccounts', tenants, { user })
    return {
      people: correlate(
        answers.flatMap((answered) =>
          'answer' in answered ? answered.answer.accounts.slice(0, MAX_ACCOUNTS_PER_TENANT) : [],
        ),
      ),
      searched: answers.map((answered): z.input<typeof Searched> => {
        const tenant = answered.tenant.name
        if ('answer' in answered)
          return { tenant, outcome: answered.answer.accounts.length > 0 ? 'found' : 'absent' }
        const { code, details } = answered.error
        return {
          tenant,
          outcome: 'not_searched',
          code,
          ...isoRetryAt(details),
        }
      }),
      complete: answers.every(
        (answered) => 'answer' in answered && answered.answer.accounts.length <= MAX_ACCOUNTS_PER_TENANT,
      ),
    }
  },
})
