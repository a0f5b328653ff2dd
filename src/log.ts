import type { Writable } from 'node:stream'
import { inspect } from 'node:util'
import { escapeUnseen, plainText } from './text/text.ts'

/** Structured log lines for the person who runs the server. */
export interface Log {
  info(message: string, details?: Details): void
  error(message: string, details?: Details): void
}

interface Details {
  /** Identifies the call in error answers and in the journal. */
  reference?: string
  /** The client's own id of its request. */
  requestId?: string
  /** Trace id of the call (W3C Trace Context). */
  trace?: string
  tenant?: string
  error?: unknown
}

// An error can hold text from an app in its causes and properties, so its length is bounded.
const INSPECT_OPTIONS = { depth: 4, maxArrayLength: 20, maxStringLength: 2_000 }
const MAX_ERROR_LENGTH = 16_384

/** Writes one JSON object per line to `to`. Never stdout, which carries the protocol. */
export function logTo(to: Writable, least: 'info' | 'error'): Log {
  const write = (level: 'info' | 'error', message: string, { error, ...details }: Details = {}) => {
    if (level === 'info' && least === 'error') return
    const line = {
      at: new Date().toISOString(),
      level,
      message,
      ...details,
      ...(error !== undefined && { error: inspect(error, INSPECT_OPTIONS).slice(0, MAX_ERROR_LENGTH) }),
    }
    to.write(`${escapeUnseen(JSON.stringify(line))}\n`)
  }
  return {
    info: (message, details) => write('info', message, details),
    error: (message, details) => write('error', message, details),
  }
}

/** Writes each error once, as a sentence, for the person at a terminal who waits for a command. */
export function sentencesTo(to: Writable): Log {
  const said = new Set<string>()
  return {
    info() {},
    error(message, { tenant } = {}) {
      const line = tenant === undefined ? message : `${tenant}: ${message}`
      if (!said.has(line)) to.write(`note: ${plainText(line)}\n`)
      said.add(line)
    },
  }
}
