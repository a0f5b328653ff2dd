import type { Run, RunCounts, RunInput, RunRow } from '../domain/run.ts'

/** A run, and how far it is. */
export interface RunStatus {
  run: Run
  counts: RunCounts
}

/** The runs of one caller. Every method throws `NotFound` for a run of somebody else. */
export interface RunDesk {
  /** The run of this call, found or made; it is planned unless the time of the call ends first. */
  open(input: RunInput): Promise<RunStatus>
  /** What an undo of this run is about; undefined if there is none that the caller can undo. Throws `Conflict` while it goes on. */
  undone(id: string): Promise<RunInput['undo']>
  /** Notes which approval the run waits for: it begins with the use of it. */
  asked(id: string, approval: string): Promise<void>
  /** The run once its approval has been used; waits a moment, so that a short run is told with its outcome. */
  begun(id: string): Promise<RunStatus>
  get(id: string): Promise<RunStatus>
  /** Rows from this one on, as they are told. */
  rows(
    id: string,
    from: number,
    keep: (row: RunRow) => boolean,
    limit: number,
  ): Promise<{ rows: RunRow[]; next?: number }>
  /** Ends the run: what was begun is finished, the rest is left alone. */
  cancel(id: string, reason: string): Promise<RunStatus>
}

const none = async (): Promise<never> => {
  throw new TypeError('there are no runs here')
}
/** For what plans without runs. */
export const NO_RUNS: RunDesk = {
  open: none,
  undone: none,
  asked: none,
  begun: none,
  get: none,
  rows: none,
  cancel: none,
}
