const LETTERS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const safe = (text: string): string => text.replace(/[&<>"']/g, (letter) => LETTERS[letter] ?? letter)

type Cells = readonly string[]
const rowOf = (cells: Cells, tag: 'td' | 'th') =>
  `<tr>${cells.map((cell) => `<${tag}>${safe(cell)}</${tag}>`).join('')}</tr>\n`

/** The pieces of a page that needs nothing else, so that a long one is never held in memory. */
export const htmlPage = {
  start: (title: string, paragraphs: Cells): string =>
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${safe(title)}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{border-bottom:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}</style>
</head><body><h1>${safe(title)}</h1>
${paragraphs.map((text) => `<p>${safe(text)}</p>\n`).join('')}`,
  heading: (text: string): string => `<h2>${safe(text)}</h2>\n`,
  table: (columns: Cells): string => `<table><thead>${rowOf(columns, 'th')}</thead><tbody>\n`,
  row: (cells: Cells): string => rowOf(cells, 'td'),
  endTable: '</tbody></table>\n',
  end: '</body></html>\n',
}
