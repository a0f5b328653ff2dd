import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mustBePrivate } from '../../src/app/private-folder.ts'
import { openSetup, runToEnd } from '../support/world.ts'

const { uid } = userInfo()
let home: string
let folder: string
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'private-')))
  folder = join(home, 'data')
  mkdirSync(join(folder, 'state'), { recursive: true, mode: 0o700 })
  for (const name of ['journal.jsonl', 'journal.head', 'state/store.db'])
    writeFileSync(join(folder, name), '', { mode: 0o600 })
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const said = (path = folder, who = uid) => {
  try {
    mustBePrivate(path, { uid: who })
    return 'private'
  } catch (error) {
    return (error as Error).message
  }
}

describe.runIf(uid >= 0)('a data folder', () => {
  test.each([
    ['the folder', '', 0o770],
    ['the folder', '', 0o702],
    ['the folder', '', 0o777],
    ['the folder, sticky,', '', 0o1777],
    ['the journal', 'journal.jsonl', 0o620],
    ['the journal', 'journal.jsonl', 0o602],
    ['the recorded end of the journal', 'journal.head', 0o660],
    ['the folder of the approvers', 'state', 0o770],
    ['the approvers', 'state/store.db', 0o606],
  ])('in which others may write to %s is refused, with what to type', (_, name, mode) => {
    const path = join(folder, name)
    chmodSync(path, mode)
    expect(said()).toContain(`chmod go-w ${path}`)
  })

  test.each([0o700, 0o750, 0o755, 0o500])('of the mode %o is taken', (mode) => {
    chmodSync(folder, mode)
    expect(said()).toBe('private')
  })

  test('that does not exist yet is taken, and one that others could put there is not', () => {
    expect(said(join(home, 'new', 'data'))).toBe('private')
    chmodSync(home, 0o777)
    expect(said(join(home, 'new', 'data'))).toContain(`chmod go-w ${home}`)
  })

  test('in a folder in which others can rename it is refused, unless only owners can', () => {
    chmodSync(home, 0o757)
    expect(said()).toContain(`others can replace what is in ${home}`)
    chmodSync(home, 0o1777)
    expect(said()).toBe('private')
  })

  test('behind a link is looked at where the link is, and where it leads', () => {
    const links = join(home, 'links')
    mkdirSync(links, { mode: 0o700 })
    symlinkSync(folder, join(links, 'data'))
    expect(said(join(links, 'data'))).toBe('private')
    chmodSync(links, 0o777)
    expect(said(join(links, 'data'))).toContain(links)
    chmodSync(links, 0o700)
    chmodSync(folder, 0o777)
    expect(said(join(links, 'data'))).toContain(`chmod go-w ${folder}`)
  })

  test('of another user is refused', () => {
    // Only root can give a folder away; anybody else looks at it as somebody else would.
    if (uid === 0) chownSync(join(folder, 'state'), 1234, 1234)
    expect(said(folder, uid === 0 ? uid : uid + 1)).toContain('belongs to another user')
    expect(() => mustBePrivate(folder, {})).not.toThrow()
  })

  test('and a key that others may write are refused alike', () => {
    const key = join(home, 'key.pem')
    writeFileSync(key, '', { mode: 0o600 })
    expect(said(key)).toBe('private')
    chmodSync(key, 0o622)
    expect(said(key)).toContain(`chmod go-w ${key}`)
  })
})

describe.runIf(uid >= 0)('the program', () => {
  test.each([
    ['check'],
    ['approvals'],
    ['approvers', 'list'],
    ['journal'],
    ['serve', '--http', '--port', '0'],
  ])('does not run %s on a data folder that others may write', async (...words) => {
    const place = await openSetup({ ownProcess: true, settings: { auth: { tokens: true } } })
    mkdirSync(place.dataDir, { mode: 0o700 })
    chmodSync(place.dataDir, 0o777)
    const { code, stderr } = await runToEnd(place.start([...words, '--config', place.config]))
    expect(code).toBe(2)
    expect(stderr).toContain(`chmod go-w ${place.dataDir}`)
    await place.close()
  })
})
