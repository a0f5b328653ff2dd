import { existsSync } from 'node:fs'
import { link, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Unavailable } from '../errors.ts'
import type { RawLine, Segment } from './backend.ts'
import { isUnchanged, readLine } from './entry.ts'
import { type FileHead, writeHead } from './file-head.ts'

/** The position at which the file that is written begins. */
export function baseOf(head: Pick<FileHead, 'segments'> | undefined): number {
  const last = head?.segments?.at(-1)
  return last ? last.start + last.length : 0
}

/** The last of the oldest segments whose files are not in the folder. */
export function lastElsewhere(folder: string, head: FileHead | undefined): Segment | undefined {
  const segments = head?.segments ?? []
  const there = segments.findIndex(({ file }) => existsSync(join(folder, file)))
  return segments.at(there < 0 ? -1 : there - segments.length - 1)
}

/** Gives the journal's file the name of a segment, and records that the next one begins empty. For the holder of the lock alone. */
export async function closeSegment(
  folder: string,
  path: string,
  head: FileHead,
): Promise<Segment | undefined> {
  const { seq, hash, length, segments = [] } = head
  if (length === 0) return undefined
  const from = (segments.at(-1)?.to ?? 0) + 1
  const file = fileOf(from, seq)
  const segment = { file, from, to: seq, hash, start: baseOf(head), length }
  // A crash before the head is replaced leaves a second name and nothing else.
  if (existsSync(join(folder, file))) await unlink(join(folder, file))
  await link(path, join(folder, file))
  const next = { ...head, start: 0, length: 0, segments: [...segments, segment] }
  await writeHead(folder, next)
  await finishRotation(folder, next)
  return segment
}

/** Takes the old name from a file that was closed, where a crash came before that. For the holder of the lock alone. */
export async function finishRotation(folder: string, head: FileHead | undefined): Promise<void> {
  const last = head?.segments?.at(-1)
  if (!last || head?.length !== 0) return
  const path = join(folder, 'journal.jsonl')
  const [closed, current] = await Promise.all([inodeOf(join(folder, last.file)), inodeOf(path)])
  if (closed !== undefined && closed === current) await unlink(path)
}

const inodeOf = (path: string): Promise<bigint | undefined> =>
  stat(path, { bigint: true }).then(
    ({ ino }) => ino,
    () => undefined,
  )

/** Name of the file of a segment. */
export const fileOf = (from: number, to: number): string => `journal-${padded(from)}-${padded(to)}.jsonl`

const padded = (seq: number) => String(seq).padStart(9, '0')

/** The lines as text, if they are those of the segment, each as it was written. Throws `Unavailable` otherwise, at the end at the latest. */
export async function* chained(
  lines: AsyncIterable<RawLine>,
  { file, from, to, hash }: Segment,
): AsyncGenerator<string> {
  const notIntact = () =>
    new Unavailable(`${file} is not what the journal recorded.`, 'Look for another copy.')
  let last: { seq: number; hash: string } | undefined
  for await (const { bytes, ended } of lines) {
    const line = ended ? readLine(bytes) : undefined
    const follows = line && (last ? line.seq === last.seq + 1 && line.prev === last.hash : line.seq === from)
    if (!follows || !isUnchanged(line, bytes)) throw notIntact()
    last = line
    yield bytes.toString('utf8')
  }
  if (last?.seq !== to || last.hash !== hash) throw notIntact()
}

export const elsewhereError = ({ file, from, to }: Segment) =>
  new Unavailable(
    `The entries ${from} to ${to} of the journal are kept elsewhere.`,
    `Ask the person who runs this server to put ${file} back; its operations guide says how.`,
  )
