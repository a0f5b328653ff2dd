import { isObject } from '../http-types.ts'
import { type Attribute, lookUp, ScimError, type Shape, type Values } from './schema.ts'

/** One comparison of a filter: the attribute path as written, and the value that it must equal. */
export interface Term {
  path: string
  value: unknown
}

const TERM = /^\s*([a-z_][\w.:$-]*)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false|-?\d+)(?=\s|$)/i
const JOIN = /^\s+(and|or)(?=\s)/i

/**
 * The terms of `… eq … and … eq … or … eq …`, or `undefined` for anything else: one of the lists must hold as a whole
 * (RFC 7644, 3.4.2.2: `and` binds more tightly).
 */
export function parseFilter(text: string): Term[][] | undefined {
  let terms: Term[] = []
  const either = [terms]
  let rest = text
  for (;;) {
    const term = TERM.exec(rest)
    if (!term?.[1] || !term[2]) return undefined
    try {
      terms.push({
        path: term[1],
        value: JSON.parse(term[2].replace(/^(true|false)$/i, (word) => word.toLowerCase())),
      })
    } catch {
      return undefined
    }
    rest = rest.slice(term[0].length)
    if (!rest.trim()) return either
    const join = JOIN.exec(rest)
    if (!join) return undefined
    if (/or$/i.test(join[0])) {
      terms = []
      either.push(terms)
    }
    rest = rest.slice(join[0].length)
  }
}

/** The terms of a filter without `or`; `undefined` for anything else. */
export function parseTerms(text: string): Term[] | undefined {
  const either = parseFilter(text)
  return either?.length === 1 ? either[0] : undefined
}

/**
 * The predicate of a SCIM filter. Throws `invalidFilter` for a filter that these apps do not support. Lists support few
 * attributes; the brackets of a PATCH path (`selecting`) support all of them.
 */
export function scimFilter(text: string, shape: Shape, selecting = false): (record: Values) => boolean {
  const either = parseFilter(text)
  if (!either) throw invalidFilter('Filter is not valid: only eq, and, or are supported')
  const tests = either.map((terms) => terms.map((term) => termTest(term, shape, selecting)))
  return (record) => tests.some((all) => all.every((test) => test(record)))
}

function termTest({ path, value }: Term, shape: Shape, selecting: boolean): (record: Values) => boolean {
  const [first = '', second, ...more] = path.split('.')
  const outer = lookUp(shape, first)
  const inner =
    second !== undefined && outer && 'of' in outer.attribute ? lookUp(outer.attribute.of, second) : undefined
  const { attribute } = (second === undefined ? outer : inner) ?? {}
  if (!outer || !attribute || more.length > 0 || !isSimple(attribute) || !(attribute.filter || selecting)) {
    throw invalidFilter(`Filter is not valid: ${path} can't be filtered by`)
  }
  const { type, exact } = attribute
  if (typeof value !== type) throw invalidFilter(`Filter is not valid: ${path} is a ${type}`)
  const fold = (one: unknown) => (typeof one === 'string' && !exact ? one.toLowerCase() : one)
  const wanted = fold(value)
  return (record) => {
    const held = record[outer.name]
    if (!inner) return fold(held) === wanted
    const items: unknown[] = Array.isArray(held) ? held : [held]
    return items.some((item) => isObject(item) && fold(item[inner.name]) === wanted)
  }
}

const isSimple = (attribute: Attribute): attribute is Attribute & { type: 'string' | 'boolean' } =>
  attribute.type === 'string' || attribute.type === 'boolean'

const invalidFilter = (detail: string) => new ScimError(400, detail, 'invalidFilter')
