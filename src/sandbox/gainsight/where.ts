import { isObject } from '../http-types.ts'
import { misasked as wrong } from './envelope.ts'

type UserRow = Readonly<Record<string, unknown>>
type RowTest = (row: UserRow) => boolean

const fold = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value)

/** The comparisons of a condition, on values in lower case. */
const OPERATORS: Readonly<Record<string, (held: unknown, given: readonly unknown[]) => boolean>> = {
  EQ: (held, [value]) => held === value,
  NE: (held, [value]) => held !== value,
  IN: (held, values) => values.includes(held),
  NOT_IN: (held, values) => !values.includes(held),
  CONTAINS: (held, [value]) => String(held ?? '').includes(String(value)),
  STARTS_WITH: (held, [value]) => String(held ?? '').startsWith(String(value)),
  IS_NULL: (held) => held === undefined || held === null,
  IS_NOT_NULL: (held) => held !== undefined && held !== null,
}

/** The predicate of a list's `where`. Throws a `GainsightError` if it is invalid. */
export function whereTest(where: unknown, fields: readonly string[]): RowTest {
  if (where === undefined || where === null) return () => true
  const { conditions, expression } = isObject(where) ? where : {}
  if (!Array.isArray(conditions)) throw wrong('conditions must be a list')
  if (conditions.length === 0) return () => true
  const tests = new Map(conditions.map((condition: unknown) => conditionTest(condition, fields)))
  return expressionTest(expression ?? [...tests.keys()].join(' AND '), tests)
}

function conditionTest(condition: unknown, fields: readonly string[]): [string, RowTest] {
  const { name, alias, operator, value } = isObject(condition) ? condition : {}
  const compare = OPERATORS[String(operator)]
  if (typeof name !== 'string' || !fields.includes(name)) throw wrong(`There is no field ${name}`)
  if (typeof alias !== 'string' || !/^[A-Z]\w*$/.test(alias)) throw wrong('Every condition needs an alias')
  if (!compare) throw wrong(`There is no operator ${operator}`)
  if (!Array.isArray(value) && !String(operator).endsWith('_NULL')) throw wrong('value must be a list')
  const given: unknown[] = Array.isArray(value) ? value.map(fold) : []
  return [alias, (row) => compare(fold(row[name]), given)]
}

/** Parses `A AND (B OR C)`: AND binds tighter than OR. */
function expressionTest(text: unknown, tests: ReadonlyMap<string, RowTest>): RowTest {
  if (typeof text !== 'string') throw wrong('expression must be a text')
  const words = text.match(/\w+|[()]|\S/g) ?? []
  let place = 0
  const next = () => words[place++]

  const either = (): RowTest => joined('OR', both, (results) => results.some(Boolean))
  const both = (): RowTest => joined('AND', one, (results) => results.every(Boolean))
  function joined(word: string, part: () => RowTest, sum: (results: boolean[]) => boolean): RowTest {
    const parts = [part()]
    while (words[place]?.toUpperCase() === word) {
      place++
      parts.push(part())
    }
    return (row) => sum(parts.map((test) => test(row)))
  }
  function one(): RowTest {
    const word = next()
    if (word === '(') {
      const inner = either()
      if (next() !== ')') throw wrong('expression is not valid')
      return inner
    }
    const test = tests.get(word ?? '')
    if (!test) throw wrong(`expression names ${word ?? 'nothing'}, which is no alias`)
    return test
  }

  const test = either()
  if (place !== words.length) throw wrong('expression is not valid')
  return test
}
