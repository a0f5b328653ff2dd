/** One figure of the table. A figure without a goal is for information. */
export interface BenchRow {
  what: string
  figure: string
  goal?: string
  met?: boolean
}

/** One part of the benchmark: how it was measured, and the results. */
export interface Section {
  title: string
  how: string
  rows: readonly BenchRow[]
}

type FormatValue = (value: number) => string

export type Part = (options: { seconds: number }) => Promise<Section>

/** A figure whose goal is at most `most`. */
export const atMost = (
  what: string,
  value: number,
  most: number,
  format: FormatValue = String,
): BenchRow => ({
  what,
  figure: format(value),
  goal: `≤ ${format(most)}`,
  met: value <= most,
})

/** A figure whose goal is at least `least`. */
export const atLeast = (
  what: string,
  value: number,
  least: number,
  format: FormatValue = String,
): BenchRow => ({
  what,
  figure: format(value),
  goal: `≥ ${format(least)}`,
  met: value >= least,
})

/** A figure whose goal is exactly `wanted`. */
export const exactly = (what: string, value: number, wanted: number): BenchRow => ({
  what,
  figure: String(value),
  goal: String(wanted),
  met: value === wanted,
})

export const verdict = ({ met }: BenchRow): string => (met === undefined ? '' : met ? 'yes' : 'NO')

export const percent = (share: number) => `${(share * 100).toFixed(1)} %`
export const times = (ratio: number) => `${ratio.toFixed(2)} ×`

export const ms = (value: number) =>
  value < 10
    ? `${value.toFixed(2)} ms`
    : value < 10_000
      ? `${value.toFixed(0)} ms`
      : `${(value / 1_000).toFixed(1)} s`

/** The quantile `share` of the values (nearest rank); 0 if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

export const median = (values: readonly number[]) => quantile(values, 0.5)
