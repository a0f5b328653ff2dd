/** The rows of an answer, each with what is said once of all of them. */
export function rowsOf<Row = Record<string, unknown>>(answer: object, name: string): Row[] {
  const { [name]: rows, shared } = answer as Record<string, unknown>
  if (!Array.isArray(rows)) throw new Error(`no ${name} in ${JSON.stringify(answer)}`)
  return rows.map((row) => ({ ...(shared as object | undefined), ...row }))
}

/** All rows that a tool gives, page by page, and the pages. `first` has what only the first call is given. */
export async function allRows<Row = Record<string, unknown>, Page extends object = Record<string, unknown>>(
  call: (args: Record<string, unknown>) => Promise<object>,
  name: string,
  { first = {}, ...args }: Record<string, unknown> & { first?: object },
) {
  const rows: Row[] = []
  const pages: Page[] = []
  let cursor: unknown
  do {
    const page = await call({ ...args, ...(cursor ? { cursor } : first) })
    rows.push(...rowsOf<Row>(page, name))
    pages.push(page as Page)
    cursor = (page as { nextCursor?: string }).nextCursor
    if (pages.length > 500) throw new Error('the pages never end')
  } while (cursor)
  return { rows, pages }
}
