import type { KeyObject } from 'node:crypto'
import * as z from 'zod'
import { Conflict, InvalidInput, NotFound } from '../errors.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { Anchor, isSignedBy, type Signer, unsigned } from './anchor.ts'
import { isUnchanged, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'
import type { Journal } from './journal.ts'
import { linesAbout, linesIn } from './query.ts'

/** The lines about one call or approval, and every line from there to an anchor, so the chain can be verified. */
export interface Proof {
  proof: typeof PROOF_KIND
  /** What it is about: a call's reference, an approval's id, or a line number. */
  about: string[]
  anchor: Anchor
  lines: JournalLine[]
}

const PROOF_KIND = 'identity-mcp journal 1'
const ProofShape = z.strictObject({
  proof: z.literal(PROOF_KIND),
  about: z.array(z.string()).min(1),
  anchor: Anchor,
  lines: z.array(z.looseObject({})).min(1),
})

/**
 * Extracts a proof from a journal: the lines from the first to the last of what it is about, or on to the first of `anchors`
 * that is not before. Without such an anchor its last line is anchored, signed when there is a `signer`; what was written
 * later is no part of it. Throws `NotFound`, `Unavailable` when the journal is not intact, and `Conflict` when the journal
 * does not contain the anchor.
 */
export async function makeProof(
  journal: Pick<Journal, 'index'>,
  about: string[],
  { anchors = [], signer }: { anchors?: readonly Anchor[]; signer?: Signer | undefined },
): Promise<Proof> {
  const related = await linesAbout(journal, about)
  const [first, last] = [related[0], related.at(-1)]
  if (!first || !last) throw new NotFound('The journal has no entry about this.', 'See `journal tail`.')
  const given = anchors.toSorted((a, b) => a.seq - b.seq).find(({ seq }) => seq >= last.seq)
  const lines: JournalLine[] = []
  for await (const line of journal.index.numbered(numbersFrom(first.seq, given?.seq ?? last.seq)))
    lines.push(line)
  const end = lines.at(-1)
  if (!end || (given && (end.seq !== given.seq || end.hash !== given.hash))) {
    throw new Conflict(
      `The journal does not contain the anchor of entry ${given?.seq}.`,
      'It was rewritten or cut after that, or the anchor belongs to another journal.',
    )
  }
  return { proof: PROOF_KIND, about, anchor: given ?? signer?.anchor(end) ?? unsigned(end), lines }
}

const numbersFrom = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at)

/** Checks each anchor against the journal, which must also pass `verify`. */
export async function anchorsHeld(
  journal: Journal,
  anchors: readonly Anchor[],
  key: KeyObject | undefined,
): Promise<(Anchor & { problem?: string; elsewhere?: true })[]> {
  const hashes = new Map<number, string>()
  const wanted = new Set(anchors.map(({ seq }) => seq))
  if (wanted.size > 0) {
    for await (const { seq, hash } of journal.read()) if (wanted.has(seq)) hashes.set(seq, hash)
  }
  const { head, begins } = await journal.end()
  for (const { to, hash } of head?.segments ?? []) hashes.set(to, hash)
  return anchors.map((anchor) => {
    const isElsewhere = begins !== undefined && anchor.seq <= begins.to && !hashes.has(anchor.seq)
    if (isElsewhere && !(key && !isSignedBy(anchor, key))) return { ...anchor, elsewhere: true as const }
    const problem = problemWith(anchor, hashes.get(anchor.seq), key)
    return { ...anchor, ...(problem && { problem }) }
  })
}

function problemWith(
  anchor: Anchor,
  hash: string | undefined,
  key: KeyObject | undefined,
): string | undefined {
  if (key && !isSignedBy(anchor, key)) return 'it is not signed with this key.'
  if (hash === undefined) return 'the journal no longer has this entry: its end was cut off.'
  return hash === anchor.hash ? undefined : 'the journal has a different entry there: it was rewritten.'
}

/** The result of checking a proof. */
export interface Checked {
  /** What is wrong with it; empty when it is valid. */
  problems: string[]
  /** The lines that it is about and proves: those up to the last anchor that the checker trusts. */
  related: JournalLine[]
  /** The others that it is about: nothing vouches for them. */
  unproved: JournalLine[]
  /** The last anchor that the checker trusts, else the proof's own. */
  anchor: Anchor
  /** Whether the checker has a reason to trust that anchor. */
  trusted: boolean
  /** Total number of its lines. */
  count: number
}

/**
 * Verifies a proof without the journal: each line is unchanged and chained to the one before, and the last one is anchored.
 * Whoever makes a proof can go on with lines of their own, so it counts only up to the last anchor that the checker trusts:
 * one of `anchors`, or its own if it is signed with `key`. Throws `InvalidInput` for anything that is not a proof.
 */
export async function checkProof(
  value: unknown,
  { key, anchors = [] }: { key?: KeyObject | undefined; anchors?: readonly Anchor[] },
): Promise<Checked> {
  const { data } = ProofShape.safeParse(value)
  const lines = data?.lines.map((line) => readLine(Buffer.from(canonicalJson(line))))
  if (!data || !lines?.every((line) => line !== undefined)) {
    throw new InvalidInput('This is not a proof.', '`journal prove ID --out FILE` makes one.')
  }
  const { about, anchor } = data
  const problems = lines.flatMap((line, at) => {
    const before = lines[at - 1]
    if (!isUnchanged(line, Buffer.from(canonicalJson(line))))
      return [`Entry ${line.seq} was changed after it was written.`]
    const follows = !before || (line.seq === before.seq + 1 && line.prev === before.hash)
    return follows
      ? []
      : [`Entry ${line.seq} does not follow the one before it: entries were removed or inserted.`]
  })
  const end = lines.at(-1)
  if (end?.seq !== anchor.seq || end.hash !== anchor.hash)
    problems.push('The entries do not end at the anchor.')
  const isSigned = key !== undefined && isSignedBy(anchor, key)
  if (key && !isSigned) problems.push('The anchor is not signed with this key.')
  const kept = anchors.filter(({ seq }) => lines.some((line) => line.seq === seq))
  const mismatches = kept.filter(
    ({ seq, hash }) => !lines.some((line) => line.seq === seq && line.hash === hash),
  )
  for (const { seq } of mismatches) problems.push(`Entry ${seq} does not match its anchor.`)
  if (anchors.length > 0 && kept.length === 0) {
    problems.push(
      'It contains none of the given anchors: `prove --anchor` with one of them makes one that does.',
    )
  }
  const trusted = [...kept.filter((one) => !mismatches.includes(one)), ...(isSigned ? [anchor] : [])]
  const last = trusted.toSorted((a, b) => b.seq - a.seq)[0]
  // Without anything to trust, only the chain itself is checked.
  const reach = last?.seq ?? (key || anchors.length > 0 ? 0 : Number.POSITIVE_INFINITY)
  const all = await linesIn(lines, about)
  if (all.length === 0) problems.push('It has no entry about what it claims to prove.')
  const [related, unproved] = [all.filter(({ seq }) => seq <= reach), all.filter(({ seq }) => seq > reach)]
  if (unproved.length > 0) {
    const numbers = unproved.map(({ seq }) => seq).join(', ')
    problems.push(`Not proved, since no trusted anchor is at or behind them: the entries ${numbers}.`)
  }
  return {
    problems,
    related,
    unproved,
    anchor: last ?? anchor,
    trusted: last !== undefined,
    count: lines.length,
  }
}
