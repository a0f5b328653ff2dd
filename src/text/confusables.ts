import { hidesText, inQuotes, plainText } from './text.ts'

/**
 * What speaks against taking names at their face, in sentences for the person who judges a change; undefined when they
 * are what they look like. `names` are as received, each under what it is called. After Unicode Technical Standard #39:
 * characters that are not seen, words of several alphabets (§5.1), words that look like Latin ones and are not (§4.2).
 */
export function cautionOf(names: Readonly<Record<string, string | undefined>>): string | undefined {
  const said = new Map<string, string>()
  for (const [what, text] of Object.entries(names)) {
    if (text === undefined || said.has(text)) continue
    const faults = faultsOf(text.slice(0, LONGEST))
    if (faults.length > 0) said.set(text, `The ${what} ${faults.join(', and ')}.`)
  }
  return said.size > 0 ? [...said.values()].join(' ') : undefined
}

// No name is longer, and what comes after it is not shown.
const LONGEST = 2_000

function faultsOf(text: string): string[] {
  const address = /:\/\/|\bwww\./i.test(text) ? ['holds a web address'] : []
  // Most names, and nothing more to look for in them.
  if (/^[\x20-\x7e]*$/.test(text)) return address
  const shown = plainText(text, LONGEST)
  const words = shown.match(WORD) ?? []
  const foreign = words.filter((word) => !isLatin(word))
  const mixed = words.some((word) => !alphabets().systems.some((system) => system.test(word)))
  const twins = foreign.length > 0 && foreign.every((word) => isLatin(readAsLatin(word)))
  return [
    ...(hidesText(text) ? ['holds characters that can not be seen'] : []),
    ...(mixed ? ['mixes alphabets or uses a rare one'] : []),
    ...(twins ? [`looks like ${inQuotes(shown.replace(WORD, readAsLatin), 64)} and is not`] : []),
    ...address,
  ]
}

const WORD = /[\p{L}\p{M}\p{N}]+/gu

const scripts = (...names: string[]) =>
  new RegExp(`^[${[...names, 'Zyyy', 'Zinh'].map((name) => `\\p{scx=${name}}`).join('')}]*$`, 'u')

const COMMON =
  'Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hebr Khmr Knda Laoo Mlym Mymr Orya Sinh Taml Telu Thaa Thai Tibt'

let made: { latin: RegExp; systems: readonly RegExp[] } | undefined
/**
 * The alphabets in common use (UAX #31, table 5), each by itself, and those that are written together. Made when a name
 * first needs them, since that takes milliseconds.
 */
function alphabets() {
  if (made) return made
  const latin = scripts('Latn')
  made = {
    latin,
    systems: [
      latin,
      scripts('Latn', 'Hani', 'Hira', 'Kana'),
      scripts('Latn', 'Hani', 'Bopo'),
      scripts('Latn', 'Hani', 'Hang'),
      ...COMMON.split(' ').map((name) => scripts(name)),
    ],
  }
  return made
}

/** Letters of Cyrillic, Greek and Armenian, each before the Latin letter that it can't be told from (confusables.txt). */
const TWINS = new Map(
  (
    'аa АA ВB сc СC ԁd еe ҽe ЕE ԌG һh НH іi ІI јj ЈJ КK ӀI ӏl МM оo ОO рp РP ԛq ѕs ЅS ТT ѵv ѴV ѡw ԝw ԜW хx ХX уy үy УY ҮY ' +
    'αa ΑA ΒB ϲc ϹC ΕE ΗH ιi ΙI ϳj ͿJ ΚK ΜM ΝN οo σo ΟO ρp ΡP ΤT υu νv ΧX γy ΥY ΖZ ' +
    'ցg հh ոn ռn օo ՕO զq ՏS սu ՍU'
  )
    .split(' ')
    .map((pair): [string, string] => [pair.slice(0, 1), pair.slice(1)]),
)

// Fullwidth, letterlike and mathematical letters, which are Latin, or of no alphabet, by what Unicode says of them.
const DISGUISED = /[\uff10-\uff5a\u2102-\u2149\u{1d400}-\u{1d7ff}]/u

const isLatin = (word: string): boolean => alphabets().latin.test(word) && !DISGUISED.test(word)

/** The word as somebody takes it who reads Latin letters. */
const readAsLatin = (word: string): string =>
  Array.from(word.normalize('NFKC'), (letter) => TWINS.get(letter) ?? letter).join('')
