/** One figure of the table. A figure without a goal is there to be read. */
export interface Row {
  what: string
  figure: string
  goal?: string
  met?: boolean
}

/** One part of the benchmark: how it was measured, and what came out. */
export interface Section {
  title: string
  how: string
  rows: readonly Row[]
}

type Show = (value: number) => string

export type Part = (options: { seconds: number }) => Promise<Section>

/** A figure that should not be above `most`. */
export const atMost = (what: string, value: number, most: number, show: Show = String): Row => ({
  what,
  figure: show(value),
  goal: `≤ ${show(most)}`,
  met: value <= most,
})

/** A figure that should not be below `least`. */
export const atLeast = (what: string, value: number, least: number, show: Show = String): Row => ({
  what,
  figure: show(value),
  goal: `≥ ${show(least)}`,
  met: value >= least,
})

/** A figure that should be `wanted` and nothing else. */
export const exactly = (what: string, value: number, wanted: number): Row => ({
  what,
  figure: String(value),
  goal: String(wanted),
  met: value === wanted,
})

export const verdict = ({ met }: Row): string => (met === undefined ? '' : met ? 'yes' : 'NO')

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`
export const times = (ratio: number) => `${ratio.toFixed(2)} ×`

export const ms = (value: number) =>
  value < 10
    ? `${value.toFixed(2)} ms`
    : value < 10_000
      ? `${value.toFixed(0)} ms`
      : `${(value / 1_000).toFixed(1)} s`

/** The value below which `share` of them lie (nearest rank); 0 when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

export const median = (values: readonly number[]) => quantile(values, 0.5)
