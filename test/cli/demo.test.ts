// @module-tag long

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fillIn, send } from '../support/browser.ts'
import { MAIN } from '../support/main.ts'

/** Starts the demo in a process group of its own, with a folder for all that it leaves lying about. */
function startDemo(flags: string[] = [], env: Record<string, string> = {}) {
  const temporary = mkdtempSync(join(tmpdir(), 'demo-test-'))
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [MAIN, 'demo', '--fast', ...flags], {
    detached: true,
    env: { PATH, TMPDIR: temporary, ...env },
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    said.out += String(piece)
  })
  child.stderr.on('data', (piece) => {
    said.err += String(piece)
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    said,
    ended,
    stop: () => child.kill('SIGTERM'),
    /** Throws ESRCH when no process of the group is left. */
    signalGroup: (signal: NodeJS.Signals | 0) => process.kill(-(child.pid ?? Number.NaN), signal),
    leftovers: () => readdirSync(temporary),
    [Symbol.dispose]: () => rmSync(temporary, { recursive: true, force: true }),
  }
}

const TOKEN = /sandbox-(scim|rest)-[0-9a-f]{8}/
const PASSPHRASE = /grace-[0-9a-f]{8}/

test('tells the whole story as it happened, and cleans up', { timeout: 300_000 }, async () => {
  using demo = startDemo()
  expect(await demo.ended, demo.said.out + demo.said.err).toBe(0)

  const { out, err } = demo.said
  expect(err).toBe('')
  const text = out.replace(/[\s│]+/g, ' ')
  for (const fact of [
    'First every session and refresh token ends, in acme-okta.',
    'type 5',
    'Approved by grace.',
    'approval_void: There is no approval',
    'acme-okta sessions ended',
    '4 apps still let her in',
    'acme-okta done read back and verified sessions ended',
    'acme-scim done read back and verified',
    '6 in all with the sessions. Nothing was done twice.',
    'approved by grace',
    'declined: ',
    'wrong_token',
    '0 refused by the app with 429',
    'A person said yes once. 6 changes reached the apps',
    '0 were refused as too many',
  ]) {
    expect(text).toContain(fact)
  }
  expect(text).toMatch(/VALID: \d+ entries, all as signed\..*NOT VALID\. Entry \d+ was changed/)
  const [, id] = /approval_required, under the id (\S+)\./.exec(text) ?? []
  expect(text).toContain(`$ identity-mcp approvals approve ${id}`)
  expect(text).toMatch(new RegExp(`with approvalId: ${id} \\$ kill -9 \\d+`))

  expect(out).not.toMatch(TOKEN)
  expect(out).not.toMatch(PASSPHRASE)
  expect(out).not.toContain('\u001b')
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(demo.leftovers()).toEqual([])
  expect(() => demo.signalGroup(0)).toThrow('ESRCH')
})

/** A demo that waits on the approval page, in a browser that only notes the address. */
async function onThePage() {
  const folder = mkdtempSync(join(tmpdir(), 'demo-page-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const opened = join(folder, 'opened')
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s' "$1" > '${opened}'\n`, { mode: 0o755 })
  }
  const demo = startDemo(['--page'], { DISPLAY: ':0', PATH: `${bin}:${process.env.PATH}` })
  await expect.poll(() => demo.said.out, { timeout: 120_000 }).toMatch(/passphrase\s+grace-[0-9a-f]{8}\s/)
  await expect.poll(() => readdirSync(folder)).toContain('opened')
  await expect.poll(() => readFileSync(opened, 'utf8')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/approvals\//)
  const page = readFileSync(opened, 'utf8')
  const [, passphrase = ''] = /passphrase\s+(grace-[0-9a-f]{8})\s/.exec(demo.said.out) ?? []
  return {
    demo,
    page,
    submit: async (fields: object) =>
      (await send(page, await fillIn(page, { approver: 'grace', passphrase, ...fields }))).status,
    [Symbol.dispose]() {
      demo[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

test('with --page, waits for the person at the approval page and goes on', { timeout: 300_000 }, async () => {
  using person = await onThePage()
  const { said, ended } = person.demo
  expect(said.out).toContain(person.page)
  expect(said.out).not.toContain('You said yes')
  expect(await person.submit({ typed: '5' })).toBe(303)
  expect(await ended, said.out + said.err).toBe(0)
  expect(said.out).toMatch(/You said yes[\s\S]+Nobody had to be\s+asked again/)
})

test('with --page, a no of the person ends it with nothing changed', { timeout: 180_000 }, async () => {
  using person = await onThePage()
  const { said, ended, leftovers } = person.demo
  expect(await person.submit({ decision: 'denied' })).toBe(303)
  expect(await ended, said.err).toBe(0)
  expect(said.out).toContain('The request is denied, so the server changes nothing.')
  expect(said.out).not.toContain('3 of 9')
  expect(leftovers()).toEqual([])
})

test('leaves no process and no file behind when it is stopped', { timeout: 180_000 }, async () => {
  using demo = startDemo()
  await expect.poll(() => demo.said.out, { timeout: 120_000 }).toContain('3 of 9')
  demo.stop()

  expect(await demo.ended).toBe(1)
  expect(demo.said.err).toContain('asked to stop')
  expect(demo.leftovers()).toEqual([])
  expect(() => demo.signalGroup(0)).toThrow('ESRCH')
})
