import * as z from 'zod'
import { Account, AuditEvent, Person } from '../../domain/account.ts'
import { PendingApproval } from '../../tools/fields.ts'

// The answers that the demo expects. Any other answer throws a `Surprise`.

const FoundOne = z
  .object({
    people: z.tuple([Person.unwrap().extend({ accounts: z.tuple([Account]) })]),
    searched: z.tuple([z.object({ tenant: z.string(), outcome: z.literal('found') })]),
    complete: z.literal(true),
  })
  .describe('one person with one account, every app searched')

export const FoundInThree = z
  .object({
    people: z.tuple([Person.unwrap().extend({ accounts: z.tuple([Account, Account, Account]) })]),
    searched: z.array(z.object({ tenant: z.string(), outcome: z.literal('found') })).length(3),
    complete: z.literal(true),
  })
  .describe('one person with an account in each of three apps')

const RateLimited = z.object({
  people: z.tuple([]),
  searched: z.tuple([
    z.object({
      outcome: z.literal('not_searched'),
      code: z.literal('rate_limited'),
      retryAt: z.iso.datetime(),
    }),
  ]),
  complete: z.literal(false),
})

export const FoundOrRateLimited = z
  .union([FoundOne, RateLimited])
  .describe('a person found, or the time to retry')

const Switched = <Outcome extends string, Status extends Account['status']>(
  outcome: Outcome,
  status: Status,
  accounts: number,
) =>
  z
    .object({
      status: z.literal('done'),
      results: z
        .array(
          z.object({
            tenant: z.string(),
            account: Account.unwrap().extend({ status: z.literal(status) }),
            outcome: z.literal(outcome),
            verified: z.literal(true),
            note: z.string().optional(),
          }),
        )
        .length(accounts),
    })
    .describe(`status done, the account ${outcome} and verified as ${status}`)

export const Deactivated = Switched('deactivated', 'inactive', 1)
export const DeactivatedInThree = Switched('deactivated', 'inactive', 3)
export const ReactivatedInThree = Switched('reactivated', 'active', 3)

export const Unchanged = z
  .object({
    status: z.literal('unchanged'),
    results: z.tuple([z.object({ outcome: z.literal('already_inactive') })]),
  })
  .describe('status unchanged, the account already inactive')

export const ApprovalRequired = z
  .object({
    status: z.literal('approval_required'),
    results: z.tuple([]),
    approval: PendingApproval,
  })
  .describe('status approval_required, with nothing done')

export const Refused = (code: string) =>
  z
    .object({ error: z.object({ code: z.literal(code), message: z.string(), hint: z.string() }) })
    .describe(`the error ${code}`)

export const Audit = z
  .object({
    events: z.array(AuditEvent).min(1),
    order: z.literal('newest_first'),
    note: z.string(),
  })
  .describe('events, the newest first')

const WrongToken = z.object({
  token: z.string(),
  fingerprint: z.string(),
  verdict: z.literal('wrong_token'),
  surfaces: z.array(
    z.object({ surface: z.string(), ok: z.boolean(), meaning: z.string(), hint: z.string().optional() }),
  ),
})

export const BothWrong = z
  .object({ checks: z.tuple([WrongToken, WrongToken]) })
  .describe('two tokens, both of the wrong kind')
