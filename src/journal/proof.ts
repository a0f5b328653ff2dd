import type { KeyObject } from 'node:crypto'
import * as z from 'zod'
import { Conflict, InvalidInput, NotFound } from '../errors.ts'
import { canonicalJson } from '../text/canonical-json.ts'
import { Anchor, isSignedBy, type Signer, unsigned } from './anchor.ts'
import { isUnchanged, readLine } from './entry.ts'
import type { JournalLine } from './events.ts'
import type { Journal } from './journal.ts'
import { chainedFrom, linesAbout, linesIn } from './query.ts'

/** What there is about one call or approval, with every line up to an anchor, so that the chain can be followed. */
export interface Proof {
  proof: typeof KIND
  /** What was asked for: the call's reference, an approval's id, the number of a line. */
  about: string[]
  anchor: Anchor
  lines: JournalLine[]
}

const KIND = 'identity-mcp journal 1'
const Shape = z.strictObject({
  proof: z.literal(KIND),
  about: z.array(z.string()).min(1),
  anchor: Anchor,
  lines: z.array(z.looseObject({})).min(1),
})

/**
 * Takes the proof out of a journal. It leads to the first of `anchors` that comes after all of it, or else to the end,
 * signed where there is a `signer`. Throws `NotFound`, `Unavailable` when the journal is not whole, and `Conflict` when
 * it does not lead to the anchor.
 */
export async function makeProof(
  journal: Journal,
  about: string[],
  { anchors = [], signer }: { anchors?: readonly Anchor[]; signer?: Signer | undefined },
): Promise<Proof> {
  const related = await linesAbout(journal, about)
  const [first, last] = [related[0], related.at(-1)]
  if (!first || !last) throw new NotFound('The journal has nothing about that.', 'See `journal tail`.')
  const given = anchors.toSorted((a, b) => a.seq - b.seq).find(({ seq }) => seq >= last.seq)
  const lines: JournalLine[] = []
  for await (const line of chainedFrom(journal, first.seq)) {
    if (!given || line.seq <= given.seq) lines.push(line)
  }
  const end = lines.at(-1)
  if (!end || (given && end.hash !== given.hash)) {
    throw new Conflict(
      `The journal does not lead to the anchor of entry ${given?.seq}.`,
      'It was rewritten or cut since, or the anchor is that of another journal.',
    )
  }
  return { proof: KIND, about, anchor: given ?? signer?.anchor(end) ?? unsigned(end), lines }
}

/** For each anchor, what is wrong with it, or with the journal that it should be in; whole that journal must be besides. */
export async function anchorsHeld(
  journal: Journal,
  anchors: readonly Anchor[],
  key: KeyObject | undefined,
): Promise<(Anchor & { problem?: string })[]> {
  const hashes = new Map<number, string>()
  const wanted = new Set(anchors.map(({ seq }) => seq))
  if (wanted.size > 0) {
    for await (const { seq, hash } of journal.read()) if (wanted.has(seq)) hashes.set(seq, hash)
  }
  return anchors.map((anchor) => {
    const problem = problemWith(anchor, hashes.get(anchor.seq), key)
    return { ...anchor, ...(problem && { problem }) }
  })
}

function problemWith(
  anchor: Anchor,
  hash: string | undefined,
  key: KeyObject | undefined,
): string | undefined {
  if (key && !isSignedBy(anchor, key)) return 'it is not signed with that key.'
  if (hash === undefined) return 'the journal has no such entry any more: its end was cut off.'
  return hash === anchor.hash ? undefined : 'the journal has another entry there: it was rewritten since.'
}

/** What a proof shows, as far as it could be followed. */
export interface Checked {
  /** What is wrong with it; empty where nothing is. */
  problems: string[]
  /** The lines about what was asked for. */
  related: JournalLine[]
  anchor: Anchor
  /** How many lines it has in all. */
  count: number
}

/**
 * Follows a proof by itself: each line as it was written, each chained to the one before, the last one anchored; and
 * where there is a key, signed with it, and where there are `anchors` that somebody kept, through them. Throws
 * `InvalidInput` for what is no proof.
 */
export async function checkProof(
  value: unknown,
  { key, anchors = [] }: { key?: KeyObject | undefined; anchors?: readonly Anchor[] },
): Promise<Checked> {
  const { data } = Shape.safeParse(value)
  const lines = data?.lines.map((line) => readLine(Buffer.from(canonicalJson(line))))
  if (!data || !lines?.every((line) => line !== undefined)) {
    throw new InvalidInput('This is no proof.', '`journal prove ID --out FILE` makes one.')
  }
  const { about, anchor } = data
  const problems = lines.flatMap((line, at) => {
    const before = lines[at - 1]
    if (!isUnchanged(line, Buffer.from(canonicalJson(line))))
      return [`Entry ${line.seq} was changed after it was written.`]
    const follows = !before || (line.seq === before.seq + 1 && line.prev === before.hash)
    return follows
      ? []
      : [`Entry ${line.seq} does not follow the one before it: something was taken out or put in.`]
  })
  const end = lines.at(-1)
  if (end?.seq !== anchor.seq || end.hash !== anchor.hash)
    problems.push('The entries do not lead to the anchor.')
  if (key && !isSignedBy(anchor, key)) problems.push('The anchor is not signed with that key.')
  const kept = anchors.filter(({ seq }) => lines.some((line) => line.seq === seq))
  const strangers = kept.filter(
    ({ seq, hash }) => !lines.some((line) => line.seq === seq && line.hash === hash),
  )
  for (const { seq } of strangers) problems.push(`Entry ${seq} is not the one that was anchored.`)
  if (anchors.length > 0 && kept.length === 0) problems.push('It leads through none of the anchors given.')
  const related = await linesIn(() => lines, about)
  if (related.length === 0) problems.push('It holds nothing about what it says that it proves.')
  return { problems, related, anchor, count: lines.length }
}
