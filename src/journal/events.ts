import type { BeforeImage } from '../changes/define.ts'
import type { Requester } from '../domain/caller-names.ts'
import type { ErrorCode } from '../errors.ts'

/** What can happen to a requested change; `lost` is about the journal itself. */
const JOURNAL_EVENTS = [
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

/** Longest id of a caller, in characters: a longer one would be cut, and then stand for others too. */
export const MAX_CALLER_ID = 512

/** One event, without secrets and with only the arguments that are needed. */
export interface JournalEvent extends Requester {
  event: JournalEventName
  /** Reference of the call, the same in all its events and in error answers. */
  call: string
  tool: string
  /** The client's own id of its request, self-reported: nothing is looked up by it. */
  requestId?: string
  /** Trace id of the call (W3C Trace Context), as self-reported. */
  trace?: string
  args?: Record<string, unknown>
  /** The account that a write concerns. */
  account?: { tenant: string; id: string; userName: string }
  /** The approval: its approver and channel. */
  approval?: { id: string; by?: string; how?: 'form' | 'terminal' | 'page' }
  /** The task of a change that a person makes by hand. */
  task?: { id: string; owner: string }
  /** In `started`: the state before the write. `cut` means that it was too large to keep in full. */
  before?: BeforeImage & { cut?: true }
  /** In `approved`: the words that were agreed to, as far as there is room. */
  plan?: readonly string[]
  /** In the end of a write: whether the app showed its effect. Journals of before do not have it. */
  verified?: boolean
  code?: ErrorCode
  note?: string
}

/** An event in the journal: numbered from 1, timestamped, and chained to the line before it. */
export interface JournalLine extends JournalEvent {
  seq: number
  /** ISO 8601, UTC. */
  at: string
  /** Hash of the previous line; 64 zeros in the first. */
  prev: string
  /** SHA-256, hexadecimal, of this line without `hash`, as canonical JSON. */
  hash: string
}
