import * as z from 'zod'
import { Account, AuditEvent, Person } from '../../domain/account.ts'
import { PendingApproval } from '../../tools/fields.ts'
import { RunShown } from '../../tools/run-fields.ts'

// The answers that the demo expects. Any other answer throws a `Surprise`.

const FoundOne = z
  .object({
    people: z.tuple([Person.unwrap().extend({ accounts: z.tuple([Account]) })]),
    searched: z.tuple([z.object({ tenant: z.string(), outcome: z.literal('found') })]),
    complete: z.literal(true),
  })
  .describe('one person with one account, every app searched')

export const FoundIn = (apps: number) =>
  z
    .object({
      people: z.tuple([Person.unwrap().extend({ accounts: z.array(Account).length(apps) })]),
      searched: z.array(z.object({ tenant: z.string(), outcome: z.literal('found') })).length(apps),
      complete: z.literal(true),
    })
    .describe(`one person with an account in each of ${apps} apps`)

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

export const ApprovalRequired = z
  .object({
    status: z.literal('approval_required'),
    runId: z.string(),
    plan: z.object({ accounts: z.int() }),
    approval: PendingApproval,
  })
  .describe('status approval_required, with nothing done')

export const Begun = z
  .object({ status: z.enum(['running', 'done']), runId: z.string() })
  .describe('a run that has begun')

export const RunReport = RunShown.unwrap().describe('how far the run is')

export const Refused = (code: string) =>
  z
    .object({ error: z.object({ code: z.literal(code), message: z.string(), hint: z.string() }) })
    .describe(`the error ${code}`)

export const Audit = z
  .object({
    events: z.array(AuditEvent).min(1),
    order: z.literal('newest_first'),
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
