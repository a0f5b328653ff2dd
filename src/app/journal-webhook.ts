import { readFileSync } from 'node:fs'
import type { WebhookSettings } from '../config/webhook.ts'
import { signerFrom } from '../journal/anchor.ts'
import type { Journal } from '../journal/journal.ts'
import { logTo } from '../log.ts'
import { openWebhook, type Telling, type Webhook, watched } from '../webhook/webhook.ts'
import type { Io } from './io.ts'

interface Told extends Pick<Telling, 'approveAt'> {
  webhook?: WebhookSettings | undefined
  /** File of the key that signs anchors. */
  signingKey?: string | undefined
}

/**
 * The journal, and a webhook that hangs on it. The settings are looked at with the first line that is written: who only
 * reads the journal needs none of the secrets. What keeps people from being told is for the log, and freezes nothing.
 */
export function journalWithWebhook(
  journal: Journal,
  io: Io,
  settings: () => Told,
): { journal: Journal; close: () => Promise<void> } {
  const log = logTo(io.stderr, 'error')
  let webhook: Webhook | undefined
  let opened = false
  const open = () => {
    opened = true
    try {
      const { webhook: to, signingKey, approveAt } = settings()
      if (!to) return undefined
      return openWebhook(to, { log, signer: signerIn(signingKey), ...(approveAt && { approveAt }) })
    } catch (error) {
      log.error('the webhook cannot be used, and nobody is told', { error })
      return undefined
    }
  }
  const signerIn = (file: string | undefined) => {
    try {
      return file === undefined ? undefined : signerFrom(readFileSync(file, 'utf8'))
    } catch (error) {
      log.error('the key that signs anchors cannot be used: they go out unsigned', { error })
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
