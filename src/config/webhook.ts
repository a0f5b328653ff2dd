import * as z from 'zod'
import { Secret } from '../secret.ts'
import { isSafeAddress } from './address.ts'
import { FILE_REFERENCE, isReference } from './reference.ts'

/** The events that can be sent. */
export const WEBHOOK_EVENTS = [
  'waiting',
  'approved',
  'denied',
  'unused',
  'refused',
  'braked',
  'task',
] as const
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number]

export const WebhookFormat = z.enum(['json', 'slack', 'teams'])
export type WebhookFormat = z.infer<typeof WebhookFormat>

/** The setting `webhook`: notifies people of pending requests and their outcome. */
export const webhookSettings = (parts: { Secret: z.ZodType<Secret, string> }) =>
  z.strictObject({
    url: z
      .string()
      .transform((text, context) => {
        const read = isReference(text) ? parts.Secret.safeParse(text) : undefined
        for (const { message } of read?.error?.issues ?? []) context.addIssue({ code: 'custom', message })
        // Anybody with the address of a chat channel can post there: treat it as a secret.
        const url = read ? read.data?.fixed() : new Secret(text)
        if (url && !isSafeAddress(url.reveal())) {
          context.addIssue({ code: 'custom', message: 'must be https (http only on a loopback host)' })
        }
        return url ?? z.NEVER
      })
      .describe('Where to post messages; env:NAME, file:/path or keychain:NAME if the address is secret'),
    secret: parts.Secret.describe('Signs each message'),
    format: WebhookFormat.default('json').describe(
      'For your own program, or for a channel of Slack or Teams',
    ),
    events: z
      .array(z.enum(WEBHOOK_EVENTS))
      .min(1)
      .default([...WEBHOOK_EVENTS])
      .describe('Which events to send'),
  })
export type WebhookSettings = z.infer<ReturnType<typeof webhookSettings>>

/** The key that signs anchors of the journal. Parses to its path. */
export const SigningKey = z
  .string()
  .regex(FILE_REFERENCE, 'must be file:/path')
  .transform((reference) => reference.slice('file:'.length))
  .describe('file:/path of the Ed25519 key that signs anchors of the journal, made by `journal keygen`')
