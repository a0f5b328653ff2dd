import * as z from 'zod'
import { Secret } from '../secret.ts'
import { isSafeAddress } from './address.ts'

/** What people can be told of. */
export const WEBHOOK_EVENTS = ['waiting', 'approved', 'denied', 'refused', 'braked'] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

export const WebhookFormat = z.enum(['json', 'slack', 'teams'])
export type WebhookFormat = z.infer<typeof WebhookFormat>

/** Where people are told of changes that wait for them, and of what became of those. */
export const webhookSettings = (parts: { Secret: z.ZodType<Secret, string> }) =>
  z.strictObject({
    url: z
      .string()
      .transform((text, context) => {
        const read = /^(env|file):/.test(text) ? parts.Secret.safeParse(text) : undefined
        for (const { message } of read?.error?.issues ?? []) context.addIssue({ code: 'custom', message })
        // The address of a chat's channel is as good as a token, so that it is treated as one.
        const url = read ? read.data : new Secret(text)
        if (url && !isSafeAddress(url.reveal())) {
          context.addIssue({ code: 'custom', message: 'must be https (http only on a loopback host)' })
        }
        return url ?? z.NEVER
      })
      .describe('Where messages are posted to; env:NAME or file:/path where the address is a secret itself'),
    secret: parts.Secret.describe('Signs each message'),
    format: WebhookFormat.default('json').describe(
      'For a program of yours, or for a channel of Slack or Teams',
    ),
    events: z
      .array(z.enum(WEBHOOK_EVENTS))
      .min(1)
      .default([...WEBHOOK_EVENTS])
      .describe('What is told'),
  })
export type WebhookSettings = z.infer<ReturnType<typeof webhookSettings>>

/** Where the key is that signs anchors of the journal: its path, once parsed. */
export const SigningKey = z
  .string()
  .regex(/^file:\/.+/, 'must be file:/path')
  .transform((reference) => reference.slice('file:'.length))
  .describe('file:/path of the Ed25519 key that signs anchors of the journal, made by `journal keygen`')
