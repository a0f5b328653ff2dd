import type { BeforeImage } from '../changes/define.ts'
import type { ErrorCode } from '../errors.ts'

/** What can happen to a request to change something, and, `lost`, to the journal itself. */
export const JOURNAL_EVENTS = [
  'asked',
  'refused',
  'declined',
  'approved',
  'denied',
  'started',
  'done',
  'failed',
  'unknown',
  'lost',
] as const
export type JournalEventName = (typeof JOURNAL_EVENTS)[number]

/** One thing that happened, without secrets and with no more of the arguments than is needed. */
export interface JournalEvent {
  event: JournalEventName
  /** Reference of the call, the same in all its events; an error answer bears it too. */
  call: string
  tool: string
  /** Who asked: the operating system's user, a token's name, an OAuth subject. */
  caller: string
  /** Name and version of the MCP client, as it says itself. */
  client?: string
  args?: Record<string, unknown>
  /** The account concerned, in the events of one write. */
  account?: { tenant: string; id: string; userName: string }
  /** The approval concerned: who gave it and how. */
  approval?: { id: string; by?: string; how?: 'form' | 'terminal' | 'page' }
  /** In `started`: what the write found. `cut` says that it had no room to be kept whole. */
  before?: BeforeImage & { cut?: true }
  code?: ErrorCode
  note?: string
}

/** An event as it stands in the journal: numbered from 1, timed, and chained to the line before it. */
export interface JournalLine extends JournalEvent {
  seq: number
  /** ISO 8601, UTC. */
  at: string
  /** Hash of the line before; 64 zeros for the first. */
  prev: string
  /** SHA-256, hexadecimal, of this line without `hash`, as canonical JSON. */
  hash: string
}
