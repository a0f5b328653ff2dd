import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAIN } from '../support/main.ts'

/** Starts the demo in a process group of its own, with a folder for all that it leaves lying about. */
function startDemo() {
  const temporary = mkdtempSync(join(tmpdir(), 'demo-test-'))
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [MAIN, 'demo', '--fast'], {
    detached: true,
    env: { PATH, TMPDIR: temporary },
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

test('tells the whole story as it happened, and cleans up', { timeout: 180_000 }, async () => {
  using demo = startDemo()
  expect(await demo.ended, demo.said.out + demo.said.err).toBe(0)

  const { out, err } = demo.said
  expect(err).toBe('')
  const text = out.replace(/[\s│]+/g, ' ')
  for (const fact of [
    'Deactivate "Ada Lovelace" (ada@example.com) in Netskope, tenant acme-netskope: active → inactive.',
    'Reason given: "Left the company"',
    'can still pass for up to 40 minutes. Sessions at the identity provider are not ended.',
    'Approved by grace.',
    'approval_void: There is no approval',
    'done: ada@example.com deactivated and verified',
    'unchanged: already_inactive',
    'wrong_token',
    '0 refused by the app with 429',
    '0 were refused as too many',
  ]) {
    expect(text).toContain(fact)
  }
  expect(text).toMatch(/Intact: \d+ lines\..* Not intact: line \d+, changed\./)
  const [, id] = /approval_required, under the id (\S+)/.exec(text) ?? []
  expect(text).toContain(`$ identity-mcp approvals approve ${id}`)
  expect(text).toContain(`with the approvalId ${id} server says done`)

  expect(out).not.toMatch(TOKEN)
  expect(out).not.toMatch(PASSPHRASE)
  expect(out).not.toContain('\u001b')
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(demo.leftovers()).toEqual([])
  expect(() => demo.signalGroup(0)).toThrow('ESRCH')
})

test('leaves no process and no file behind when it is stopped', { timeout: 60_000 }, async () => {
  using demo = startDemo()
  await expect.poll(() => demo.said.out, { timeout: 30_000 }).toContain('3 of 7')
  demo.stop()

  expect(await demo.ended).toBe(1)
  expect(demo.said.err).toContain('asked to stop')
  expect(demo.leftovers()).toEqual([])
  expect(() => demo.signalGroup(0)).toThrow('ESRCH')
})
