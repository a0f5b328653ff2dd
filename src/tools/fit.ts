// An answer of a reading tool fits into the context of a model: what does not fit waits behind the cursor.

/** The most that an answer can be, in bytes of JSON. */
const MAX_ANSWER_BYTES = 8_000
/** For what is added to an answer later: which of its fields hold text of the apps, and the signature of a cursor. */
const RESERVED_BYTES = 500
/** From so many rows on, an answer says once what all of them have in common. */
const MANY_ROWS = 10

export const isMany = (rows: readonly unknown[]): boolean => rows.length > MANY_ROWS

/** Whether an answer is small enough, with a cursor that holds `place`. */
export const fits = (answer: object, place: unknown = null): boolean =>
  // A cursor is base64, which makes four bytes of three.
  bytesOf(answer) + 2 * bytesOf(place) <= MAX_ANSWER_BYTES - RESERVED_BYTES

/** How many of `count` rows fit: all, or as many as `answerWith` lets fit, one at least, so that a cursor goes on. */
export function fitting(count: number, answerWith: (rows: number) => object, place?: unknown): number {
  if (count <= 1 || fits(answerWith(count), place)) return count
  let [most, tooMany] = [1, count]
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2)
    if (fits(answerWith(middle), place)) most = middle
    else tooMany = middle
  }
  return most
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Rows without what is the same in all of them, which then stands beside them as `shared`. */
export function sharing<Row extends object>(
  rows: readonly Row[],
): { rows: Partial<Row>[]; shared?: Partial<Row> } {
  const [first, second] = rows
  const same = first && second ? namesIn(first).filter((name) => rows.every(equals(first, name))) : []
  if (!first || same.length === 0) return { rows: [...rows] }
  return {
    rows: rows.map((row) =>
      only(
        row,
        namesIn(row).filter((name) => !same.includes(name)),
      ),
    ),
    shared: only(first, same),
  }
}

const namesIn = <Row extends object>(row: Row) => Object.keys(row) as (keyof Row)[]
const equals =
  <Row>(first: Row, name: keyof Row) =>
  (row: Row): boolean =>
    JSON.stringify(row[name]) === JSON.stringify(first[name])

/** A row with only these of its fields. */
export const only = <Row extends object>(row: Row, names: readonly (keyof Row)[]): Partial<Row> =>
  Object.fromEntries(
    Object.entries(row).filter(([name]) => names.includes(name as keyof Row)),
  ) as Partial<Row>
