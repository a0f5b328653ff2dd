import type { ComparedRow, Comparison, RowFilter } from '../domain/comparison.ts'
import { InvalidInput } from '../errors.ts'
import { mustOffer } from './ask.ts'
import type { Tenants } from './tenants.ts'

/** The comparisons of one caller. Every method throws `NotFound` for one of somebody else. */
export interface CompareDesk {
  /** The comparison of this question, found or begun; finished unless the time of the call ends first. */
  open(asked: { truth: string; tenants: readonly string[] }): Promise<Comparison>
  /** The same comparison, once it is finished or the time of the call ends. */
  get(id: string): Promise<Comparison>
  /** The rows that are asked for, from this one on. */
  rows(comparison: Comparison, filter: RowFilter, from: number): AsyncGenerator<ComparedRow>
}

/** The tenants that are compared: those named, or all others that can be listed. Throws `Unsupported`, `InvalidInput`. */
export function comparedWith(
  truth: string,
  named: readonly string[] | undefined,
  tenants: Tenants,
): string[] {
  const names = named ?? tenants.offering('listAccounts').map(({ name }) => name)
  const others = [...new Set(names)].filter((name) => name !== truth)
  for (const name of [truth, ...others]) mustOffer(tenants.get(name), 'listAccounts')
  if (others.length > 0) return others
  throw new InvalidInput('There is nothing to compare the truth with.', 'Name other `tenants`.')
}
