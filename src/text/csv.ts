type Cell = string | number | boolean | undefined

/** One row of CSV (RFC 4180), without its line break. */
export const csvLine = (cells: readonly Cell[]): string => cells.map(cellOf).join(',')

/** A leading quote keeps spreadsheets from reading the cell as a formula. */
function cellOf(value: Cell): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
