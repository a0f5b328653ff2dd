/** The values of a property of an item, as text; undefined for a property that no item has. */
type ValuesOf = (property: string) => readonly string[] | undefined

type Test = (valuesOf: ValuesOf) => boolean

/** Thrown for an expression that is not understood, or names a property that nothing has. */
export class BadExpression extends Error {}

const TOKEN = /\s*(\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+)/y

/** The words of an expression; throws for an open quote. */
function wordsOf(text: string): string[] {
  const words: string[] = []
  for (let rest = text.trim(); rest !== ''; ) {
    TOKEN.lastIndex = 0
    const [whole, word] = TOKEN.exec(rest) ?? []
    if (whole === undefined || word === undefined) throw new BadExpression(text)
    words.push(word)
    rest = rest.slice(whole.length).trim()
  }
  return words
}

/**
 * Reads an expression of `eq`, `sw`, `pr`, `lt`, `gt`, `and`, `or` and parentheses. Names of properties are exact;
 * whether values are, is said by `exact`.
 */
export function readExpression(text: string, { exact }: { exact: boolean }): Test {
  const words = wordsOf(text)
  let place = 0
  const take = (): string => {
    const word = words[place++]
    if (word === undefined) throw new BadExpression(text)
    return word
  }
  const folded = (value: string) => (exact ? value : value.toLowerCase())

  const either = (): Test => {
    const tests = [both()]
    while (words[place]?.toLowerCase() === 'or') {
      place++
      tests.push(both())
    }
    return (item) => tests.some((test) => test(item))
  }
  const both = (): Test => {
    const tests = [one()]
    while (words[place]?.toLowerCase() === 'and') {
      place++
      tests.push(one())
    }
    return (item) => tests.every((test) => test(item))
  }
  const one = (): Test => {
    const property = take()
    if (property === '(') {
      const inner = either()
      if (take() !== ')') throw new BadExpression(text)
      return inner
    }
    const compare = comparison(take().toLowerCase(), () => folded(JSON.parse(take()) as string))
    if (!compare) throw new BadExpression(text)
    return (valuesOf) => {
      const values = valuesOf(property)
      if (!values) throw new BadExpression(property)
      return values.some((value) => compare(folded(value)))
    }
  }
  const test = either()
  if (place !== words.length) throw new BadExpression(text)
  return test
}

function comparison(operator: string, operand: () => string): ((value: string) => boolean) | undefined {
  if (operator === 'pr') return () => true
  const other = operand()
  switch (operator) {
    case 'eq':
      return (value) => value === other
    case 'sw':
      return (value) => value.startsWith(other)
    case 'lt':
      return (value) => value < other
    case 'gt':
      return (value) => value > other
    default:
      return undefined
  }
}
