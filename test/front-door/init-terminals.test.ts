// @module-tag long

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { displayWidth } from '../../src/cli/display-width.ts'
import { openNewcomer } from '../support/newcomer.ts'
import { hasTerminal, openTerminal } from '../support/terminal.ts'
import { hasTmux, openPane } from '../support/tmux.ts'

let newcomer: Awaited<ReturnType<typeof openNewcomer>>
beforeEach(async () => {
  newcomer = await openNewcomer()
})
afterEach(() => newcomer.close())

const place = (more: Record<string, string> = {}) => ({
  cwd: newcomer.work,
  env: { ...newcomer.env, ...more },
})
const url = () => newcomer.sandbox.settings.tenants['acme-netskope'].url
const token = () => newcomer.sandbox.tokens.scim
const settingsFile = () => join(newcomer.home, '.config', 'identity-mcp', 'identity-mcp.json')
const tenants = () => JSON.parse(readFileSync(settingsFile(), 'utf8')).tenants
const keptSecret = () =>
  readFileSync(join(newcomer.home, '.config/identity-mcp/secrets/netskope.scim'), 'utf8').trim()

const ESCAPE = '\u001b'
const inBrackets = (text: string) => `${ESCAPE}[200~${text}${ESCAPE}[201~`
const COLOURS = [31, 32, 33, 36, 90].map((code) => `${ESCAPE}[${code}m`)
const SHOW_CURSOR = `${ESCAPE}[?25h`
const HIDE_CURSOR = `${ESCAPE}[?25l`

describe.runIf(hasTerminal)('init works at a terminal', () => {
  test.each<[string, { term?: string | null; columns?: number }, Record<string, string>?]>([
    ['xterm-256color', { term: 'xterm-256color' }],
    ['screen-256color of 40 columns', { term: 'screen-256color', columns: 40 }],
    ['tmux-256color of 250 columns', { term: 'tmux-256color', columns: 250 }],
    ['vt100', { term: 'vt100', columns: 80 }],
    ['of no name', { term: null, columns: 80 }],
    ['without colours', { term: 'xterm' }, { NO_COLOR: '1' }],
    ['dumb', { term: 'dumb', columns: 80 }],
    ['dumb, of 40 columns', { term: 'dumb', columns: 40 }],
  ])('%s', async (_, form, env) => {
    const terminal = openTerminal(['init'], place(env), form)
    await terminal.answer(/Which app/, 'netskope')
    await terminal.answer(/Address\s+of\s+your\s+Netskope/, url())
    // As terminals paste, with what is copied along.
    await terminal.press(/it\s+is\s+not\s+shown/, inBrackets(`${token()} `), '\r')
    await terminal.answer(/Connect another app/, '')
    await terminal.answer(/Tell these clients/, '')
    await terminal.answer(/Passphrase with which/, '')
    expect(await terminal.ended).toBe(0)
    expect(tenants()).toHaveProperty('netskope.url', url())
    expect(keptSecret()).toBe(token())
    expect(terminal.screen()).not.toContain(token())
    // No cursor is left hidden, and a dumb terminal gets nothing that it cannot show.
    const raw = terminal.raw()
    expect(raw.lastIndexOf(SHOW_CURSOR)).toBeGreaterThanOrEqual(raw.lastIndexOf(HIDE_CURSOR))
    if (form.term === 'dumb') expect(raw).not.toContain(ESCAPE)
    if (env?.NO_COLOR) expect(COLOURS.filter((code) => raw.includes(code))).toEqual([])
  })

  test.each([
    ['the arrows of a cursor key', [`${ESCAPE}[B`, `${ESCAPE}[B`, `${ESCAPE}[A`]],
    ['the arrows of an application key', [`${ESCAPE}OB`, `${ESCAPE}OB`, `${ESCAPE}OA`]],
    ['text in brackets', [inBrackets('gainsight')]],
    ['text that was mended', [...'gainz', '\u007f', ...'sight']],
    ['text that first matches nothing', [...'nothing', '\r', '\u0015', ...'gainsight']],
  ])('and a menu takes %s', async (_, keys) => {
    const terminal = openTerminal(['init'], place())
    await terminal.press(/Which app/, ...keys, '\r')
    await terminal.press(/What do you have for it/, '\u0003')
    expect(await terminal.ended).toBe(2)
    expect(terminal.screen()).toMatch(/Which app[^\n]*\s+│ {2}Gainsight\s/)
  })

  test.each<[string, (token: string) => string]>([
    // A terminal makes line breaks of a paste into those of the Enter key.
    ['with a line break', (token) => `${token}\r`],
    ['with line breaks and blanks', (token) => `  ${token} \r\r\r`],
    ['with line breaks of Windows', (token) => `${token}\r\n\r\n`],
    ['in brackets, with a line break', (token) => inBrackets(`${token}\r`)],
  ])('and a token that is pasted %s answers one question', async (_, pasted) => {
    const terminal = openTerminal(['init'], place())
    await terminal.answer(/Which app/, 'netskope')
    await terminal.answer(/Address of your Netskope/, url())
    await terminal.press(/it is not shown/, pasted(token()))
    await terminal.press(/Connect another app/, '\u0003')
    expect(await terminal.ended).toBe(2)
    expect(keptSecret()).toBe(token())
  })

  test.each<[string, string, { term?: string }, [RegExp, string][], RegExp]>([
    ['Ctrl+C', 'a menu to search', {}, [], /Which app/],
    ['Ctrl+D', 'a menu to search', {}, [], /Which app/],
    ['Ctrl+D', 'a menu', {}, [[/Which app/, 'gainsight']], /What do you have/],
    ['Ctrl+D', 'a text', {}, [[/Which app/, 'netskope']], /Address of your/],
    ['Ctrl+D', 'a token', {}, [[/Which app/, 'slack']], /Token of Slack/],
    ['Ctrl+D', 'a dumb terminal', { term: 'dumb' }, [], /Which app/],
    ['Ctrl+C', 'a token at a dumb terminal', { term: 'dumb' }, [[/Which app/, 'slack']], /Token of Slack/],
  ])('and %s at %s ends it, with nothing written', async (key, _, form, before, question) => {
    const terminal = openTerminal(['init'], place(), form)
    for (const [question, text] of before) await terminal.answer(question, text)
    await terminal.press(question, key === 'Ctrl+C' ? '\u0003' : '\u0004')
    expect(await terminal.ended).toBe(2)
    expect(terminal.screen()).toContain('cancelled')
    const raw = terminal.raw()
    expect(raw.lastIndexOf(SHOW_CURSOR)).toBeGreaterThanOrEqual(raw.lastIndexOf(HIDE_CURSOR))
    expect(existsSync(settingsFile())).toBe(false)
  })
})

describe.runIf(hasTmux)('init works in tmux', () => {
  test.each([40, 80, 200])('of %i columns', async (columns) => {
    const pane = openPane(['init'], { ...place(), columns })
    try {
      await pane.press(/Which app/, 'Down')
      await pane.press(/● Gainsight/, 'Up')
      await pane.press(/● Netskope/, 'Enter')
      await pane.type(/Address of your Netskope/, url())
      await pane.paste(/it\s+is\s+not\s+shown/, ` ${token()} \n\n`)
      await pane.press(/● No, that is all/, 'Enter')
      await pane.press(/◼ Cursor/, 'Enter')
      await pane.press(/Passphrase with which/, 'Enter')
      await pane.see(/ended with 0/)
      const lines = pane.screen().split('\n')
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns)
      // Whatever was drawn anew is there once, in its last state.
      expect(lines.filter((line) => line.includes('Which app'))).toHaveLength(1)
      expect(lines.filter((line) => line.includes('Address of your'))).toHaveLength(1)
      expect(lines.join('\n')).not.toMatch(/type to search|● /)
      // Our own texts break between words.
      expect(lines.join('\n').replaceAll(/\s+/g, ' ')).toContain(
        'The token can read here. Writing was not tried, so a read-only token looks the same.',
      )
      expect(keptSecret()).toBe(token())
    } finally {
      pane.stop()
    }
  })
})
