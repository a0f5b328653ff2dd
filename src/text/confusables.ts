import { hidesText, inQuotes, plainText } from './text.ts'

/**
 * Warns about names that are not what they look like, in sentences for the person who judges a change; undefined if
 * there is nothing to warn about. `names` are as received, each under what it is called. After Unicode Technical
 * Standard #39: invisible characters, words that mix scripts (§5.1), words that imitate Latin ones (§4.2).
 */
export function cautionOf(names: Readonly<Record<string, string | undefined>>): string | undefined {
  const said = new Map<string, string>()
  for (const [what, text] of Object.entries(names)) {
    if (text === undefined || said.has(text)) continue
    const faults = faultsOf(text.slice(0, MAX_NAME_LENGTH))
    if (faults.length > 0) said.set(text, `The ${what} ${faults.join(', and ')}.`)
  }
  return said.size > 0 ? [...said.values()].join(' ') : undefined
}

// Names are shorter than this, and the rest would not be shown.
const MAX_NAME_LENGTH = 2_000

function faultsOf(text: string): string[] {
  const address = /:\/\/|\bwww\./i.test(text) ? ['contains a web address'] : []
  // Printable ASCII, as in most names: nothing else to check.
  if (/^[\x20-\x7e]*$/.test(text)) return address
  const shown = plainText(text, MAX_NAME_LENGTH)
  const words = shown.match(WORD) ?? []
  const foreign = words.filter((word) => !isLatin(word))
  const mixed = words.some((word) => !alphabets().systems.some((system) => system.test(word)))
  const imitates = foreign.length > 0 && foreign.every((word) => isLatin(readAsLatin(word)))
  return [
    ...(hidesText(text) ? ['contains invisible characters'] : []),
    ...(mixed ? ['mixes alphabets or uses a rare one'] : []),
    ...(imitates ? [`looks like ${inQuotes(shown.replace(WORD, readAsLatin), 64)} but is not`] : []),
    ...address,
  ]
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu

const scripts = (...names: string[]) =>
  new RegExp(`^[${[...names, 'Zyyy', 'Zinh'].map((name) => `\\p{scx=${name}}`).join('')}]*$`, 'u')

const COMMON =
  'Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hebr Khmr Knda Laoo Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'

let cachedAlphabets: { latin: RegExp; systems: readonly RegExp[] } | undefined
/**
 * The scripts in common use (UAX #31, table 5), alone and in their usual combinations. Built on first use, since that
 * takes milliseconds.
 */
function alphabets() {
  if (cachedAlphabets) return cachedAlphabets
  const latin = scripts('Latn')
  cachedAlphabets = {
    latin,
    systems: [
      latin,
      scripts('Latn', 'Hani', 'Hira', 'Kana'),
      scripts('Latn', 'Hani', 'Bopo'),
      scripts('Latn', 'Hani', 'Hang'),
      ...COMMON.split(' ').map((name) => scripts(name)),
    ],
  }
  return cachedAlphabets
}

/** Cyrillic, Greek and Armenian letters, each before the Latin letter it is confusable with (confusables.txt). */
const CONFUSABLES = new Map(
  (
    'аa АA ВB сc СC ԁd еe ҽe ЕE ԌG һh НH іi ІI јj ЈJ КK ӀI ӏl МM оo ОO рp РP ԛq ѕs ЅS ТT ѵv ѴV ѡw ԝw ԜW хx ХX уy үy УY ҮY ' +
    'αa ΑA ΒB ϲc ϹC ΕE ΗH ιi ΙI ϳj ͿJ ΚK ΜM ΝN οo σo ΟO ρp ΡP ΤT υu νv ΧX γy ΥY ΖZ ' +
    'ցg հh ոn ռn օo ՕO զq ՏS սu ՍU'
  )
    .split(' ')
    .map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
)

// Fullwidth, letterlike and mathematical letters, which Unicode calls Latin or of no script.
const DISGUISED = /[\uff10-\uff5a\u2102-\u2149\u{1d400}-\u{1d7ff}]/u

const isLatin = (word: string): boolean => alphabets().latin.test(word) && !DISGUISED.test(word)

/** The word as a reader of Latin script would take it. */
const readAsLatin = (word: string): string =>
  Array.from(word.normalize('NFKC'), (letter) => CONFUSABLES.get(letter) ?? letter).join('')

/** Small capitals and other Latin letters, digits and signs, each before the letter it is taken for; `l` and `i` are one. */
const READ_AS = new Map(
  'ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟi ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ɑa ɡg ıi ɩi łi øo đd ħh 0o 1i !i |i li @a 4a 3e 5s $s 7t'
    .split(' ')
    .map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
)

/**
 * The form in which two texts are equal that a hurried reader takes for the same: after NFKC, the confusables of UTS #39
 * §4, without accents and invisible characters, in lower case, digits read as letters, and a spaced-out word as a word.
 */
export const skeletonOf = (text: string): string =>
  Array.from(
    readAsLatin(plainText(text, MAX_NAME_LENGTH)).normalize('NFD').replace(/\p{M}/gu, '').toLowerCase(),
    (letter) => READ_AS.get(letter) ?? letter,
  )
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replace(/(?<![^\W_])[^\W_](?:[\s._-]+[^\W_](?![^\W_]))+/g, (spaced) => spaced.replace(/[\s._-]+/g, ''))
