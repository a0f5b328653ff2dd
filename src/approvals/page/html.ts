import { plainText } from '../../text/text.ts'

/** Markup that this program wrote. */
class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

export type { Html }

type Piece = Html | string | number | false | undefined | readonly Piece[]

/** As much of one text as a page shows. */
const LONGEST = 20_000
const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const toMarkup = (piece: Piece): string => {
  if (piece === undefined || piece === false) return ''
  if (piece instanceof Html) return piece.markup
  if (typeof piece === 'object') return piece.map(toMarkup).join('')
  return plainText(String(piece), LONGEST).replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '')
}

/**
 * Markup from a template. Whatever is put into it that is not markup itself is text: cleaned of all that cannot be seen,
 * and escaped for an element or a quoted attribute.
 */
export const html = (template: TemplateStringsArray, ...pieces: readonly Piece[]): Html =>
  new Html(template.map((text, at) => text + toMarkup(pieces[at])).join(''))
