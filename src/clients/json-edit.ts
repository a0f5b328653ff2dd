import { isDeepStrictEqual } from 'node:util'
import { createScanner, findNodeAtLocation, type Node, type ParseError, parse, parseTree } from 'jsonc-parser'
import { Uneditable } from './uneditable.ts'

/** Names of properties, from the outermost. */
export type Path = readonly string[]

/**
 * JSON text, with comments or without, in which the property at `path` has a value; objects on the way are made. Nothing
 * else changes: no comment, no order, no blank. Throws `Uneditable`.
 */
export function setIn(text: string, path: Path, value: unknown): string {
  const { node: at, depth } = deepest(text, path)
  const rest = path.slice(depth)
  const name = rest[0]
  if (name === undefined) {
    const lines = indented(JSON.stringify(value, undefined, unitOf(text)), lineIndent(text, at.offset))
    return checked(text, replaced(text, at.offset, at.length, withEol(text, lines)), path, value)
  }
  if (at.type !== 'object') throw new Uneditable('holds something else in the place of its servers')
  const wrapped = rest.slice(1).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
  return checked(text, inserted(text, at, wrapped, name), path, value)
}

/** The same text with `value` as the last element of the list at `path`, which is made. Throws `Uneditable`. */
export function appendTo(text: string, path: Path, value: unknown): string {
  const list = findNodeAtLocation(rootOf(text), [...path])
  if (!list) return setIn(text, path, [value])
  if (list.type !== 'array')
    throw new Uneditable(`holds something else in the place of \`${path.join('.')}\``)
  return checked(text, inserted(text, list, value), path, [...(valueAt(text, path) as unknown[]), value])
}

/** The text without what is at `path`, and without the objects and lists around it that become empty. Throws `Uneditable`. */
export function removeFrom(text: string, path: readonly (string | number)[]): string {
  const node = findNodeAtLocation(rootOf(text), [...path])
  if (!node || path.length === 0) return text
  const child = node.parent?.type === 'property' ? node.parent : node
  const around = child.parent
  if (!around) return text
  if (path.length > 1 && around.children?.length === 1 && !hasComment(text, around))
    return removeFrom(text, path.slice(0, -1))
  const edited = without(text, around, child)
  const expected = snapshot(parsed(text))
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], expected)
  const last = path.at(-1) ?? ''
  if (Array.isArray(holder)) holder.splice(Number(last), 1)
  else delete (holder as Record<string, unknown>)[last]
  return same(edited, expected)
}

/** What is at `path`; undefined if there is nothing. Throws `Uneditable`. */
export function valueAt(text: string, path: Path): unknown {
  let value: unknown = parsed(text)
  for (const key of path) {
    const holder = value
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined
    value = (holder as Record<string, unknown>)[key]
  }
  return value
}

const OPTIONS = { allowTrailingComma: true }

function parsed(text: string): unknown {
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, OPTIONS)
  if (errors.length > 0 || typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Uneditable('is not a JSON object')
  return value
}

function rootOf(text: string): Node {
  parsed(text)
  const root = parseTree(text, [], OPTIONS)
  if (!root) throw new Uneditable('is not a JSON object')
  return root
}

/** The innermost node on the way to `path`, and how many of its names lead there. */
function deepest(text: string, path: Path): { node: Node; depth: number } {
  const root = rootOf(text)
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, depth))
    if (node) return { node, depth }
  }
  return { node: root, depth: 0 }
}

/** The last safeguard: an edit that did anything else, a property that is there twice, is not made. */
function checked(text: string, edited: string, path: Path, value: unknown): string {
  const expected = snapshot(parsed(text)) as Record<string, unknown>
  let holder = expected
  for (const key of path.slice(0, -1)) {
    if (!Object.hasOwn(holder, key)) holder[key] = {}
    holder = holder[key] as Record<string, unknown>
  }
  holder[path.at(-1) ?? ''] = snapshot(value)
  return same(edited, expected)
}

function same(edited: string, expected: unknown): string {
  if (isDeepStrictEqual(parsed(edited), expected)) return edited
  throw new Uneditable('cannot be edited without a change to something else in it')
}

const snapshot = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

const replaced = (text: string, offset: number, length: number, by: string): string =>
  text.slice(0, offset) + by + text.slice(offset + length)

const endOf = ({ offset, length }: Node): number => offset + length

/** The text with one more property, or element, at the end of an object or list. */
function inserted(text: string, around: Node, value: unknown, name?: string): string {
  const children = around.children ?? []
  const close = endOf(around) - 1
  const last = children.at(-1)
  const label = name === undefined ? '' : `${JSON.stringify(name)}: `
  if (last && !text.slice(around.offset, close).includes('\n')) {
    const comma = commaAfter(text, endOf(last), close)
    const piece = ` ${label}${JSON.stringify(value)}`
    return comma === undefined
      ? replaced(text, endOf(last), 0, `,${piece}`)
      : replaced(text, comma + 1, 0, `${piece},`)
  }
  const unit = unitOf(text)
  const outer = lineIndent(text, around.offset)
  const first = children[0]
  const indent =
    first && /(^|\n)[ \t]*$/.test(text.slice(0, first.offset)) ? lineIndent(text, first.offset) : outer + unit
  const piece = `\n${indent}${label}${indented(JSON.stringify(value, undefined, unit), indent)}`
  const comma = last && commaAfter(text, endOf(last), close)
  const content = text.slice(0, close).trimEnd()
  const before = last && comma === undefined ? replaced(content, endOf(last), 0, ',') : content
  const after = content.length === close || !text.slice(content.length, close).includes('\n')
  return (
    before +
    withEol(text, `${piece}${comma === undefined ? '' : ','}`) +
    (after ? withEol(text, `\n${outer}`) : text.slice(content.length, close)) +
    text.slice(close)
  )
}

/** The text without a child, the comma that parts it from the others, and the blanks before it. */
function without(text: string, around: Node, child: Node): string {
  const siblings = around.children ?? []
  const at = siblings.indexOf(child)
  const close = endOf(around) - 1
  const comma = commaAfter(text, endOf(child), close)
  const end = comma === undefined ? endOf(child) : comma + 1
  const start = text.slice(0, child.offset).trimEnd().length
  const previous = siblings[at - 1]
  const parting =
    comma === undefined && previous ? commaAfter(text, endOf(previous), child.offset) : undefined
  const tail = text.slice(end)
  // What follows must not become part of a comment.
  const gap = endsInLineComment(text, around, start) && !/^[ \t]*\r?\n/.test(tail) ? eolOf(text) : ''
  const head = text.slice(0, start)
  const kept = (parting === undefined ? head : replaced(head, parting, 1, '')) + gap
  const inner = kept.slice(around.offset + 1) + tail.slice(0, close - end)
  return siblings.length === 1 && inner.trim() === ''
    ? `${text.slice(0, around.offset + 1)}${text.slice(close)}`
    : kept + tail
}

// The numbers of `SyntaxKind`, which is a const enum and so has no value to import.
const COMMA = 5
const LINE_COMMENT = 12
const BLOCK_COMMENT = 13
const END_OF_FILE = 17

interface Token {
  kind: number
  offset: number
  end: number
}

function* tokens(text: string, from: number, to: number): Generator<Token> {
  const scanner = createScanner(text, false)
  scanner.setPosition(from)
  for (let kind: number = scanner.scan(); kind !== END_OF_FILE; kind = scanner.scan()) {
    const offset = scanner.getTokenOffset()
    if (offset >= to) return
    yield { kind, offset, end: offset + scanner.getTokenLength() }
  }
}

function commaAfter(text: string, from: number, to: number): number | undefined {
  for (const { kind, offset } of tokens(text, from, to)) if (kind === COMMA) return offset
  return undefined
}

const endsInLineComment = (text: string, { offset }: Node, at: number): boolean =>
  [...tokens(text, offset, at)].some(({ kind, end }) => kind === LINE_COMMENT && end >= at)

const hasComment = (text: string, node: Node): boolean =>
  [...tokens(text, node.offset, endOf(node))].some(
    ({ kind }) => kind === LINE_COMMENT || kind === BLOCK_COMMENT,
  )

const eolOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n')
const withEol = (text: string, piece: string): string => piece.replace(/\r?\n/g, eolOf(text))

/** What one level is indented by. */
const unitOf = (text: string): string => /^([ \t]+)\S/m.exec(text)?.[1]?.replace(/^\t+$/, '\t') ?? '  '

function lineIndent(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1)
  return /^[ \t]*/.exec(line)?.[0] ?? ''
}

const indented = (lines: string, indent: string): string => lines.replaceAll('\n', `\n${indent}`)
