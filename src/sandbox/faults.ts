import { setTimeout as sleep } from 'node:timers/promises'
import type { Incoming, Outcome } from './http-types.ts'

/** A fault as it is asked for. What is left out does not narrow it. */
export interface Fault<Name extends string = string> {
  fault: Name
  method?: string
  /** Part of the path. */
  path?: string
  /** How many requests it befalls; all when left out. */
  times?: number
  ms?: number
  /** HTTP status, for the faults that answer with one of several. */
  status?: number
}

/** A kind of fault: what it does around the app's own work. */
export interface FaultKind {
  /** One line for the list. */
  about: string
  /** Stands before tokens are looked at, like a gateway or the network. */
  front?: true
  /** Which requests it can befall; any when left out. */
  when?: (incoming: Incoming) => boolean
  ms?: number
  status?: number
  act(incoming: Incoming, run: Run, settings: { ms: number; status: number }): Outcome | Promise<Outcome>
}

export type Run = (incoming: Incoming) => Promise<Outcome>

/** The faults of one simulated app. */
export interface Faults<Name extends string = string> {
  readonly kinds: Readonly<Record<Name, FaultKind>>
  /** Replaces those in force. Throws a `TypeError` that a person can read when one is not understood. */
  set(faults: readonly (Name | Fault<Name>)[]): void
  clear(): void
  /** Those in force, with the times they have left. */
  list(): Fault<Name>[]
  /** Runs `run` inside the faults that this request meets on that side of the token check. */
  around(side: 'front' | 'back', incoming: Incoming, run: Run): Promise<Outcome>
}

export function openFaults<Name extends string>(kinds: Readonly<Record<Name, FaultKind>>): Faults<Name> {
  let live: Fault<Name>[] = []

  const meets = ({ fault, method, path, times }: Fault<Name>, incoming: Incoming) =>
    times !== 0 &&
    (method === undefined || method.toUpperCase() === incoming.method) &&
    (path === undefined || incoming.path.includes(path)) &&
    (kinds[fault].when?.(incoming) ?? true)

  return {
    kinds,
    set: (faults) => {
      live = faults.map((fault) => check(kinds, typeof fault === 'string' ? { fault } : fault))
    },
    clear: () => {
      live = []
    },
    list: () => live.filter(({ times }) => times !== 0).map((fault) => ({ ...fault })),
    around(side, incoming, run) {
      const met = live.filter(
        (fault) => (side === 'front') === (kinds[fault.fault].front ?? false) && meets(fault, incoming),
      )
      for (const fault of met) if (fault.times !== undefined) fault.times--
      return met.reduceRight<Run>((next, { fault, ms, status }) => {
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

function check<Name extends string>(
  kinds: Readonly<Record<Name, FaultKind>>,
  fault: Fault<Name>,
): Fault<Name> {
  if (!Object.hasOwn(kinds, fault.fault)) {
    throw new TypeError(`There is no fault "${fault.fault}". There are: ${Object.keys(kinds).join(', ')}.`)
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

/** Waits, but not beyond the closing of the app. */
export const wait = (ms: number, { signal }: Incoming) => sleep(ms, undefined, { signal, ref: false })
