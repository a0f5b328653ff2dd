import { existsSync, readFileSync, rmSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { McpClient, ServerStart } from './clients.ts'
import { diffLines } from './diff.ts'
import type { FoundClient } from './installed.ts'
import { appendTo, removeFrom, setIn, valueAt } from './json-edit.ts'
import { replaceFile } from './replace-file.ts'
import { removeTable, setTable, type TomlValue, tableAt } from './toml-edit.ts'
import { Uneditable } from './uneditable.ts'

/** The server's name in the settings of clients. */
const SERVER_NAME = 'identity'

/** What would change in the settings file of a client. */
export interface Edit extends FoundClient {
  /** The lines that change; none if the file says it already. */
  diff: readonly string[]
  before: string | undefined
  after: string
}

/** The file as it is, and why it is left alone. */
interface LeftAlone extends FoundClient {
  why: string
}

/** Works out how a client's settings file comes to name the server. Writes nothing. */
export const registering = (found: FoundClient, start: ServerStart): Edit | LeftAlone =>
  editing(found, (text) => withServer(found.client, text, start))

/** Works out how a client's settings file gets rid of the server. Writes nothing. */
export const removing = (found: FoundClient, start: ServerStart): Edit | LeftAlone =>
  editing(found, (text) => withoutServer(found.client, text, start))

function editing(found: FoundClient, edit: (text: string) => string): Edit | LeftAlone {
  try {
    const before = existsSync(found.file) ? readFileSync(found.file, 'utf8') : undefined
    const mark = before?.startsWith('\uFEFF') ? '\uFEFF' : ''
    const text = (before ?? '').slice(mark.length)
    const edited = edit(text)
    return { ...found, before, after: mark + edited, diff: edited === text ? [] : diffLines(text, edited) }
  } catch (error) {
    if (error instanceof Uneditable) return { ...found, why: error.message }
    return { ...found, why: 'cannot be read' }
  }
}

/** Writes an edit, if the file is still as it was. Returns why it was not written, if so. */
export function write({ file, before, after, diff }: Edit): string | undefined {
  if (diff.length === 0) return undefined
  try {
    const now = existsSync(file) ? readFileSync(file, 'utf8') : undefined
    if (now !== before) return 'was changed by another program meanwhile: run this again'
    if (after.trim() === '') rmSync(file, { force: true })
    else replaceFile(file, after)
    return undefined
  } catch {
    return 'cannot be written'
  }
}

function withServer({ form, servers, ...client }: McpClient, text: string, start: ServerStart): string {
  const entry = client.entry(start)
  const path = [servers, SERVER_NAME]
  if (form === 'toml') {
    refuseStrange(tableAt(text, path), start)
    return setTable(text, path, entry as Record<string, TomlValue | undefined>)
  }
  const whole = text.trim() === '' ? '{}\n' : text
  const known = valueAt(whole, path)
  refuseStrange(known, start)
  const variables =
    client.variable && Object.fromEntries(start.variables.map((name) => [name, client.variable?.(name)]))
  const all = { ...entry, ...(start.variables.length > 0 && variables && { env: variables }) }
  const isObject = typeof known === 'object' && known !== null
  // What a person added to it stays.
  const edited = isObject
    ? Object.entries(all).reduce(
        (edited, [key, value]) =>
          JSON.stringify(valueAt(edited, [...path, key])) === JSON.stringify(value)
            ? edited
            : setIn(edited, [...path, key], value),
        whole,
      )
    : setIn(whole, path, all)
  const { asks } = client
  if (!asks) return edited
  return start.variables.reduce((text, name) => {
    const item = asks.item(name)
    const listed = (valueAt(text, [asks.list]) ?? []) as { id?: unknown }[]
    return listed.some(({ id }) => id === item.id) ? text : appendTo(text, [asks.list], item)
  }, edited)
}

function withoutServer({ form, servers, asks }: McpClient, text: string, start: ServerStart): string {
  const path = [servers, SERVER_NAME]
  if (text.trim() === '') return text
  if (form === 'toml') {
    if (!isOurs(tableAt(text, path), start)) return text
    return removeTable(text, path)
  }
  const entry = valueAt(text, path)
  if (!isOurs(entry, start)) return text
  const used = asks ? Object.values((entry as { env?: object }).env ?? {}) : []
  const edited = used.reduce<string>(
    (text, reference) => {
      const [, id] = /^\$\{input:(.+)\}$/.exec(String(reference)) ?? []
      const listed = (valueAt(text, [asks?.list ?? '']) ?? []) as { id?: unknown }[]
      const at = listed.findIndex((one) => one.id === id)
      return at < 0 ? text : removeFrom(text, [asks?.list ?? '', at])
    },
    removeFrom(text, path),
  )
  // A file that says nothing was made for this alone.
  return edited.replace(/^\s*\{\s*\}\s*$/, '')
}

/** Whether an entry starts this server, from wherever it was installed: another may have the same name. */
function isOurs(entry: unknown, { args }: ServerStart): boolean {
  const text = typeof entry === 'string' ? entry : JSON.stringify(entry ?? '')
  return [...args.filter((one) => isAbsolute(one)), 'identity-mcp'].some((sign) =>
    text.includes(JSON.stringify(sign).slice(1, -1)),
  )
}

function refuseStrange(entry: unknown, start: ServerStart): void {
  if (entry !== undefined && !isOurs(entry, start))
    throw new Uneditable(`has another server of the name ${SERVER_NAME}`)
}
