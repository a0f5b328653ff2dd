const hex = (letter: string, length: number) => letter.charCodeAt(0).toString(16).padStart(length, '0')
const each = (spell: (letter: string) => string) => (text: string) => text.replace(/[\s\S]/g, spell)
const marks = (spell: (letter: string) => string) => (text: string) => text.replace(/[^0-9A-Za-z]/g, spell)
const unicode = (letter: string) => `\\u${hex(letter, 4)}`
const percent = (letter: string) => `%${hex(letter, 2)}`
const NAMES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
const html = (text: string) => text.replace(/[&<>"']/g, (letter) => NAMES[letter] ?? letter)
const base64 = (text: string) => Buffer.from(text).toString('base64')
const json = (text: string) => JSON.stringify(text).slice(1, -1)

/** How apps and what stands before them spell a text that they were sent. Each is a part of a JSON string. */
export const SPELLINGS: Record<string, (text: string) => string> = {
  'as it is, in JSON': json,
  'with slashes escaped, as PHP': (text) => json(text).replaceAll('/', '\\/'),
  'with marks as \\uXXXX, as .NET': marks((letter) => unicode(letter).toUpperCase().replace('\\U', '\\u')),
  'all as \\uxxxx': each(unicode),
  'as JSON within JSON': (text) => json(json(text).replaceAll('/', '\\/')),
  'as \\uXXXX within JSON within JSON': (text) => json(json(each(unicode)(text))),
  'as \\u{xx}': (text) => json(each((letter) => `\\u{${hex(letter, 2)}}`)(text)),
  'as \\xXX': (text) => json(each((letter) => `\\x${hex(letter, 2)}`)(text)),
  'percent-encoded': (text) => encodeURIComponent(text),
  'percent-encoded in small letters': (text) =>
    encodeURIComponent(text).replace(/%../g, (one) => one.toLowerCase()),
  'percent-encoded throughout': each(percent),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded three times': (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
  'in HTML': (text) => json(html(text)),
  'in HTML, in decimals': each((letter) => `&#${letter.charCodeAt(0)};`),
  'in HTML, in decimals with zeros': each((letter) => `&#000${letter.charCodeAt(0)};`),
  'in HTML, in hexadecimals': each((letter) => `&#x${hex(letter, 2)};`),
  'in HTML, in capitals': each((letter) => `&#X${hex(letter, 2).toUpperCase()};`),
  'in HTML, twice': (text) => json(html(each((letter) => `&#${letter.charCodeAt(0)};`)(text))),
  'in HTML within JSON of .NET': each((letter) => `\\u0026#${letter.charCodeAt(0)};`),
  'in HTML, in URLs': (text) => encodeURIComponent(each((letter) => `&#${letter.charCodeAt(0)};`)(text)),
  'with something unseen in it': (text) => json([...text].join('\u200b')),
  'with something unseen in it, escaped': (text) => [...text].map(json).join('\\u200B'),
  'with bidi marks and controls in it': (text) => [...text].map(json).join('\\u202e\\u0000\\b'),
  'with tag letters in it': (text) => json([...text].join('\u{e0041}')),
  'in base64': base64,
  'in base64, behind one byte': (text) => base64(`x${text}`),
  'in base64, behind two bytes': (text) => base64(`xy${text}`),
  'in base64 between others': (text) => base64(`user:${text}:more of it`),
  'in base64 with slashes escaped': (text) => base64(`u:${text}`).replaceAll('/', '\\/'),
  'in base64url': (text) => Buffer.from(text).toString('base64url'),
  'in base64url between others': (text) => Buffer.from(`{"t":"${text}"}`).toString('base64url'),
  'in base64, percent-encoded': (text) => encodeURIComponent(base64(text)),
  'in base64, in lines': (text) => json(base64(text).replace(/.{20}/g, '$&\r\n')),
  'in hexadecimals': (text) => Buffer.from(text).toString('hex'),
  'in hexadecimals, in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
}
