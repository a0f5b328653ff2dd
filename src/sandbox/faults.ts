import { setTimeout as sleep } from 'node:timers/promises'
import type { Incoming, Outcome } from './http-types.ts'

/** A requested fault. Optional fields narrow the requests that it affects. */
export interface Fault<Name extends string = string> {
  fault: Name
  method?: string
  /** Part of the path. */
  path?: string
  /** How many requests it affects; default: all. */
  times?: number
  ms?: number
  /** HTTP status, for faults that support several. */
  status?: number
}

/** A kind of fault. It wraps the app's own work. */
export interface FaultKind {
  /** One line for the list. */
  about: string
  /** Runs before the token check, like a gateway or the network. */
  front?: true
  /** The requests that it can affect; default: all. */
  when?: (incoming: Incoming) => boolean
  ms?: number
  status?: number
  act(incoming: Incoming, run: Run, settings: { ms: number; status: number }): Outcome | Promise<Outcome>
}

export type Run = (incoming: Incoming) => Promise<Outcome>

/** The faults of one simulated app. */
export interface Faults<Name extends string = string> {
  readonly kinds: Readonly<Record<Name, FaultKind>>
  /** Replaces the active faults. Throws a `TypeError` with a readable message for an invalid one. */
  set(faults: readonly (Name | Fault<Name>)[]): void
  clear(): void
  /** The active faults, with their remaining `times`. */
  list(): Fault<Name>[]
  /** Runs `run` inside the faults that affect this request, before (`front`) or after the token check. */
  around(side: 'front' | 'back', incoming: Incoming, run: Run): Promise<Outcome>
}

export function openFaults<Name extends string>(kinds: Readonly<Record<Name, FaultKind>>): Faults<Name> {
  let active: Fault<Name>[] = []

  const affects = ({ fault, method, path, times }: Fault<Name>, incoming: Incoming) =>
    times !== 0 &&
    (method === undefined || method.toUpperCase() === incoming.method) &&
    (path === undefined || incoming.path.includes(path)) &&
    (kinds[fault].when?.(incoming) ?? true)

  return {
    kinds,
    set: (faults) => {
      active = faults.map((fault) => checkFault(kinds, typeof fault === 'string' ? { fault } : fault))
    },
    clear: () => {
      active = []
    },
    list: () => active.filter(({ times }) => times !== 0).map((fault) => ({ ...fault })),
    around(side, incoming, run) {
      const matching = active.filter(
        (fault) => (side === 'front') === (kinds[fault.fault].front ?? false) && affects(fault, incoming),
      )
      for (const fault of matching) if (fault.times !== undefined) fault.times--
      return matching.reduceRight<Run>((next, { fault, ms, status }) => {
        const kind = kinds[fault]
        return async (request) =>
          kind.act(request, next, { ms: ms ?? kind.ms ?? 0, status: status ?? kind.status ?? 500 })
      }, run)(incoming)
    },
  }
}

const FIELDS: Record<keyof Fault, 'string' | 'number'> = {
  fault: 'string',
  method: 'string',
  path: 'string',
  times: 'number',
  ms: 'number',
  status: 'number',
}

function checkFault<Name extends string>(
  kinds: Readonly<Record<Name, FaultKind>>,
  fault: Fault<Name>,
): Fault<Name> {
  if (!Object.hasOwn(kinds, fault.fault)) {
    throw new TypeError(
      `There is no fault "${fault.fault}". The faults are: ${Object.keys(kinds).join(', ')}.`,
    )
  }
  for (const [field, value] of Object.entries(fault)) {
    const type = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof Fault] : undefined // just looked up
    if (value !== undefined && typeof value !== type) {
      throw new TypeError(
        type
          ? `"${field}" of a fault is a ${type}.`
          : `A fault has no "${field}". It has: ${Object.keys(FIELDS).join(', ')}.`,
      )
    }
  }
  return { ...fault }
}

/** Waits until the time is over or the app closes. */
export const wait = (ms: number, { signal }: Incoming) => sleep(ms, undefined, { signal, ref: false })
