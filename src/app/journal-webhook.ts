import { readFileSync } from 'node:fs'
import type { Route } from '../config/network.ts'
import type { WebhookSettings } from '../config/webhook.ts'
import { signerFrom } from '../journal/anchor.ts'
import type { Journal } from '../journal/journal.ts'
import { logTo } from '../log.ts'
import { fetchOver } from '../vendors/http/agent.ts'
import { openWebhook, type Telling, type Webhook, watched } from '../webhook/webhook.ts'
import type { Io } from './io.ts'
import { mustBePrivate } from './private-folder.ts'

interface WebhookOptions extends Pick<Telling, 'approveAt' | 'taskAt'> {
  webhook?: WebhookSettings | undefined
  /** Path of the key that signs anchors. */
  signingKey?: string | undefined
  /** How the messages reach their receiver. */
  route: Route
}

/**
 * The journal, with a webhook that sends its events. The settings are read with the first line that is written, so reading
 * the journal needs no secrets. A webhook error is logged and stops nothing.
 */
export function journalWithWebhook(
  journal: Journal,
  io: Io,
  settings: () => WebhookOptions,
): { journal: Journal; close: () => Promise<void> } {
  const log = logTo(io.stderr, 'error')
  let webhook: Webhook | undefined
  let opened = false
  const open = () => {
    opened = true
    try {
      const { webhook: to, signingKey, approveAt, taskAt, route } = settings()
      if (!to) return undefined
      return openWebhook(to, {
        log,
        signer: signerIn(signingKey),
        fetch: fetchOver(route, '`webhook`'),
        ...(approveAt && { approveAt }),
        ...(taskAt && { taskAt }),
      })
    } catch (error) {
      log.error('the webhook is unusable: no messages are sent', { error })
      return undefined
    }
  }
  const signerIn = (file: string | undefined) => {
    try {
      if (file === undefined) return undefined
      mustBePrivate(file, io)
      return signerFrom(readFileSync(file, 'utf8'))
    } catch (error) {
      log.error('the signing key is unusable: anchors are sent unsigned', { error })
      return undefined
    }
  }
  return {
    journal: watched(journal, (line) => {
      if (!opened) webhook = open()
      webhook?.tell(line)
    }),
    close: async () => webhook?.close(),
  }
}
