import type { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { escapeUnseen } from './text/text.ts'

/** Structured lines for the person who runs the server. */
export interface Log {
  info(message: string, details?: Details): void
  error(message: string, details?: Details): void
}

interface Details {
  /** Names the call in an error answer and in the journal. */
  reference?: string
  /** Trace that the call is part of (W3C Trace Context). */
  trace?: string
  tenant?: string
  error?: unknown
}

// An error may hold what an app sent, in its causes and its properties.
const SHOWN = { depth: 4, maxArrayLength: 20, maxStringLength: 2_000 }
const LONGEST = 16_384

/** One JSON object a line to `to`, which is never stdout: that belongs to the protocol. */
export function logTo(to: Writable, least: 'info' | 'error'): Log {
  const write = (level: 'info' | 'error', message: string, { error, ...details }: Details = {}) => {
    if (level === 'info' && least === 'error') return
    const line = {
      at: new Date().toISOString(),
      level,
      message,
      ...details,
      ...(error !== undefined && { error: inspect(error, SHOWN).slice(0, LONGEST) }),
    }
    to.write(`${escapeUnseen(JSON.stringify(line))}\n`)
  }
  return {
    info: (message, details) => write('info', message, details),
    error: (message, details) => write('error', message, details),
  }
}
