import { createHash } from 'node:crypto'
import type { Store } from '../store/store.ts'
import type { Term } from './terms.ts'

/** Where the lines of a journal are, in a store. Numbers and short digests only: what a line says is in the journal alone. */
interface IndexRows {
  /** Adds lines in their order. What is there already stays, so that the same lines can be added again. */
  add(lines: readonly IndexedLine[]): Promise<void>
  /** The numbers of the lines that were added under a term: parts of the list, each in order, that are read one by one. */
  numbersOf(term: Term, range?: NumberRange): AsyncGenerator<number[]>
  /** Where these lines are; a line that was never added is missing. */
  places(numbers: readonly number[]): Promise<Map<number, Place>>
}

/** Numbers of lines, both included. */
export interface NumberRange {
  from?: number | undefined
  to?: number | undefined
  newestFirst?: boolean
}

/** The bytes of a line, between two positions of its journal, and the digest of its hash. */
export interface Place {
  from: number
  behind: number
  digest: string
}

export interface IndexedLine extends Place {
  seq: number
  terms: readonly Term[]
}

/** 72 bits of a line's hash: enough to tell that another line is there now. */
export const digestOf = (hash: string): string => Buffer.from(hash.slice(0, 18), 'hex').toString('base64url')

/** Lines whose places are kept together. */
const BLOCK = 64
const blockOf = (seq: number) => Math.floor(seq / BLOCK)
/** Numbers in a full part of a long list. */
const PART = 256

/** The places of lines in a row, of which `first` is the first. */
interface Block {
  first: number
  from: number
  lines: [behind: number, digest: string][]
}

/** The newest numbers of a list, behind its full parts. */
interface List {
  parts: number
  numbers: number[]
}

/** Rows under keys that begin with `prefix`. */
export function indexRows(store: Store, prefix: string): IndexRows {
  const blockKey = (block: number) => `${prefix}lines/${block}`
  const listKey = (term: Term) =>
    `${prefix}terms/${createHash('sha256').update(term).digest('base64url').slice(0, 16)}`
  const partKey = (list: string, part: number) => `${list}/${part}`

  const addPlaces = (block: number, lines: readonly IndexedLine[]) =>
    store.update<Block, void>(blockKey(block), (current) => {
      const [{ seq: first, from } = { seq: 0, from: 0 }] = lines
      const known = current ?? { first, from, lines: [] }
      const next = known.first + known.lines.length
      const more = lines.filter(({ seq }) => seq >= next)
      const added = more.map(({ behind, digest }): [number, string] => [behind, digest])
      return { next: { ...known, lines: [...known.lines, ...added] }, result: undefined }
    })

  async function addNumbers(list: string, numbers: readonly number[]): Promise<void> {
    const { parts, numbers: known } = await store.update<List, List>(list, (current) => {
      const { parts, numbers: known } = current ?? { parts: 0, numbers: [] }
      const last = known.at(-1) ?? 0
      const next = { parts, numbers: [...known, ...numbers.filter((seq) => seq > last)] }
      return { next, result: next }
    })
    if (known.length < 2 * PART) return
    // Written before it is taken from the list. Whoever comes between writes the same: a list only grows at its end.
    const full = Math.floor(known.length / PART) - 1
    for (let part = 0; part < full; part += 1) {
      await store.set(partKey(list, parts + part), known.slice(part * PART, (part + 1) * PART))
    }
    await store.update<List, void>(list, (current) => ({
      next:
        current?.parts === parts
          ? { parts: parts + full, numbers: current.numbers.slice(full * PART) }
          : current,
      result: undefined,
    }))
  }

  return {
    async add(lines) {
      const blocks = grouped(lines.map((line) => [blockOf(line.seq), line]))
      const lists = grouped(
        lines.flatMap(({ seq, terms }) =>
          [...new Set(terms.map(listKey))].map((key): [string, number] => [key, seq]),
        ),
      )
      await Promise.all([
        ...[...blocks].map(([block, some]) => addPlaces(block, some)),
        ...[...lists].map(([list, numbers]) => addNumbers(list, numbers)),
      ])
    },

    async *numbersOf(term, { from = 0, to = Number.POSITIVE_INFINITY, newestFirst = false } = {}) {
      const key = listKey(term)
      const { parts, numbers } = (await store.get<List>(key)) ?? { parts: 0, numbers: [] }
      const read = async (part: number) =>
        part === parts ? numbers : ((await store.get<number[]>(partKey(key, part))) ?? [])
      /** The last part that begins with this number or one before it. */
      const partOf = async (seq: number) => {
        let [low, high] = [0, parts]
        while (low < high) {
          const middle = Math.ceil((low + high) / 2)
          const [first = Number.POSITIVE_INFINITY] = await read(middle)
          if (first <= seq) low = middle
          else high = middle - 1
        }
        return low
      }
      const [first, last] = [await partOf(from), to === Number.POSITIVE_INFINITY ? parts : await partOf(to)]
      for (let nth = 0; nth <= last - first; nth += 1) {
        const part = await read(newestFirst ? last - nth : first + nth)
        const wanted = part.filter((seq) => seq >= from && seq <= to)
        if (wanted.length > 0) yield wanted
      }
    },

    async places(numbers) {
      const wanted = [...new Set(numbers.map(blockOf))]
      const blocks = new Map(
        await Promise.all(
          wanted.map(async (block) => [block, await store.get<Block>(blockKey(block))] as const),
        ),
      )
      const found = new Map<number, Place>()
      for (const seq of numbers) {
        const { first, from, lines } = blocks.get(blockOf(seq)) ?? { first: 0, from: 0, lines: [] }
        const line = lines[seq - first]
        const before = lines[seq - first - 1]?.[0] ?? from
        if (line) found.set(seq, { from: before, behind: line[0], digest: line[1] })
      }
      return found
    },
  }
}

function grouped<Key, Item>(pairs: readonly (readonly [Key, Item])[]): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const [key, item] of pairs) {
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
