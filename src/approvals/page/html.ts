import { plainText } from '../../text/text.ts'

/** Trusted markup. */
class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

export type { Html }

type HtmlPiece = Html | string | number | false | undefined | readonly HtmlPiece[]

/** Most characters shown of one text. */
const MAX_TEXT_LENGTH = 20_000
const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const toMarkup = (piece: HtmlPiece): string => {
  if (piece === undefined || piece === false) return ''
  if (piece instanceof Html) return piece.markup
  if (typeof piece === 'object') return piece.map(toMarkup).join('')
  return plainText(String(piece), MAX_TEXT_LENGTH).replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '')
}

/**
 * Markup from a template. Inserted values that are not markup are text: stripped of invisible characters, and escaped for an
 * element or a quoted attribute.
 */
export const html = (template: TemplateStringsArray, ...pieces: readonly HtmlPiece[]): Html =>
  new Html(template.map((text, at) => text + toMarkup(pieces[at])).join(''))
