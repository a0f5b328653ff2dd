// @module-tag long

import { generateKeyPairSync } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { journalCommand } from '../../src/cli/journal.ts'
import { NO_LINE, toLine } from '../../src/journal/entry.ts'
import type { JournalEvent, JournalLine } from '../../src/journal/events.ts'
import { journalFile } from '../../src/journal/file.ts'
import { type FileHead, headFile } from '../../src/journal/file-head.ts'
import type { Proof } from '../../src/journal/proof.ts'
import { openDesk } from './fake-io.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

const run = (...args: string[]) => desk.run(journalCommand, args)
const file = (name: string) => join(desk.folder, name)
const happen = (call: string, more: Partial<JournalEvent> = {}) =>
  desk.journal.append({ event: 'done', call, tool: 'deactivate_user', caller: 'bot', ...more })
const account = { tenant: 'acme-netskope', id: '7', userName: 'ada@example.com' }

/** A change that a first call asked for, a person approved, and a second call made; and others around it. */
async function tell() {
  const approval = { id: 'K7Q2-M9XD-41' }
  await happen('call-0')
  await happen('call-1', { event: 'asked', args: { user: 'ada@example.com', reason: 'left' }, approval })
  await happen('call-9', { tool: 'create_user', args: { email: 'bob@example.com' } })
  await happen('call-1', { event: 'approved', approval: { ...approval, by: 'boss', how: 'terminal' } })
  await happen('call-2', { event: 'started', account, approval: { ...approval, by: 'boss' } })
  await happen('call-2', { account, approval: { ...approval, by: 'boss' } })
  await happen('call-8')
}

/** A key, in the file `name`; returns the public half. */
const keygen = async (name = 'key.pem') => (await run('keygen', name)).out.trim()

/** Rewrites the journal from a line on with right hashes, and its recorded end as well, as its owner could. */
async function rewrite(edit: (line: JournalLine) => Partial<JournalEvent> | undefined) {
  const lines = (await readFile(journalFile(desk.folder), 'utf8')).trimEnd().split('\n')
  let head: FileHead = { seq: 0, hash: NO_LINE, start: 0, length: 0 }
  let whole = ''
  for (const old of lines.map((text) => JSON.parse(text) as JournalLine)) {
    const changed = edit(old)
    if (!changed) continue
    const { line, text } = toLine({ ...old, ...changed }, head, new Date(old.at))
    head = {
      seq: line.seq,
      hash: line.hash,
      start: whole.length,
      length: whole.length + Buffer.byteLength(text),
    }
    whole += text
  }
  await writeFile(journalFile(desk.folder), whole)
  await writeFile(headFile(desk.folder), JSON.stringify(head))
}

describe('a key', () => {
  test('is written for its owner alone, and never over another file', async () => {
    const said = await run('keygen', 'key.pem')
    expect(said).toMatchObject({ code: 0, out: expect.stringMatching(/^[\w-]{43}\n$/) })
    expect((await stat(file('key.pem'))).mode & 0o777).toBe(0o600)
    const pem = await readFile(file('key.pem'), 'utf8')
    expect(pem).toContain('BEGIN PRIVATE KEY')
    expect(said.out + said.err).not.toContain(pem.split('\n')[1])
    expect((await run('keygen', 'key.pem')).code).toBe(2)
    expect(await readFile(file('key.pem'), 'utf8')).toBe(pem)
  })

  test.each([
    ['of another kind', generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' })],
    ['that is none', 'a canary secret that is no key'],
  ])('%s signs nothing and is not shown', async (_, text) => {
    await tell()
    await writeFile(file('bad.pem'), text)
    const said = await run('anchor', '--signing-key', 'bad.pem')
    expect(said.code).toBe(2)
    expect(said.out + said.err).not.toContain('canary')
  })
})

describe('an anchor', () => {
  test('is one line that the journal goes on to lead through', async () => {
    await tell()
    const key = await keygen()
    const { out } = await run('anchor', '--signing-key', 'key.pem')
    expect(out.trim().split('\n')).toHaveLength(1)
    expect(JSON.parse(out)).toMatchObject({ seq: 7, hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    await happen('call-10')
    await writeFile(file('anchors'), out + (await run('anchor', '--signing-key', 'key.pem')).out)
    await happen('call-11')
    const said = await run('verify', '--anchor', 'anchors', '--key', key)
    expect(said).toMatchObject({ code: 0, out: expect.stringContaining('the anchor of entry 8') })
    const unchecked = await run('verify', '--anchor', 'anchors')
    expect(unchecked).toMatchObject({ code: 0, out: expect.stringContaining('not checked') })
  })

  test.each<[string, (line: JournalLine) => Partial<JournalEvent> | undefined]>([
    ['rewritten', ({ seq }) => (seq === 4 ? { approval: { id: 'K7Q2-M9XD-41', by: 'mallory' } } : {})],
    ['shortened by an entry', ({ seq }) => (seq === 3 ? undefined : {})],
    ['cut at its end', ({ seq }) => (seq > 5 ? undefined : {})],
  ])('finds a journal out that was %s, where all else agrees', async (_, edit) => {
    await tell()
    const key = await keygen()
    await writeFile(file('anchors'), (await run('anchor', '--signing-key', 'key.pem')).out)
    await rewrite(edit)
    expect((await run('verify')).code).toBe(0)
    expect((await run('verify', '--anchor', 'anchors')).code).toBe(1)
    const said = await run('verify', '--anchor', 'anchors', '--key', key, '--json')
    expect(said.code).toBe(1)
    expect(JSON.parse(said.out)).toMatchObject({
      ok: true,
      anchors: [{ seq: 7, problem: expect.any(String) }],
    })
  })

  test('counts only with the signature of that very key over all it says', async () => {
    await tell()
    const key = await keygen()
    const other = await keygen('other.pem')
    const anchor = JSON.parse((await run('anchor', '--signing-key', 'key.pem')).out)
    const codeOf = async (value: object, named = key) => {
      await writeFile(file('anchors'), `${JSON.stringify(value)}\n`)
      return (await run('verify', '--anchor', 'anchors', '--key', named)).code
    }
    expect(await codeOf(anchor)).toBe(0)
    expect(await codeOf(anchor, other)).toBe(1)
    expect(await codeOf({ ...anchor, at: '2020-01-01T00:00:00.000Z' })).toBe(1)
    expect(await codeOf({ ...anchor, signature: undefined })).toBe(1)
    expect(await codeOf({ ...anchor, key: 'f'.repeat(16) })).toBe(1)
    // As a message of the webhook holds it.
    expect(await codeOf({ type: 'approval.approved', anchor })).toBe(0)
  })

  test.each([
    ['an empty file', '', []],
    ['what is no anchor', '{"seq":1}\n', []],
    ['what is no JSON', 'seq 1\n', []],
    ['no public key', undefined, ['--key', 'A'.repeat(42)]],
  ])('%s is wrong usage', async (_, text, more) => {
    await tell()
    await keygen()
    await writeFile(file('anchors'), text ?? (await run('anchor', '--signing-key', 'key.pem')).out)
    expect((await run('verify', '--anchor', 'anchors', ...more)).code).toBe(2)
  })

  test('is not made of a journal that is not whole behind the last verified entry, nor without a key', async () => {
    await tell()
    await keygen()
    expect((await run('anchor')).code).toBe(2)
    await happen('call-10')
    await happen('call-11')
    const text = await readFile(journalFile(desk.folder), 'utf8')
    const at = text.indexOf('call-10')
    await writeFile(journalFile(desk.folder), `${text.slice(0, at)}call-99${text.slice(at + 7)}`)
    expect(await run('anchor', '--signing-key', 'key.pem')).toMatchObject({ code: 1, out: '' })
  })
})

/** Checks a proof on a machine that has no journal. */
async function check(proof: unknown, ...more: string[]) {
  await using elsewhere = await openDesk()
  await writeFile(join(elsewhere.folder, 'proof.json'), JSON.stringify(proof))
  for (const name of more.filter((one) => one.endsWith('.anchor'))) {
    await writeFile(join(elsewhere.folder, name), await readFile(file(name)))
  }
  return await elsewhere.run(
    (io) =>
      journalCommand(io, async () => {
        throw new Error('the data folder was opened')
      }),
    ['prove', '--check', 'proof.json', ...more],
  )
}
const prove = async (...args: string[]): Promise<Proof> =>
  JSON.parse((await run('prove', ...args)).out) as Proof

describe('a proof', () => {
  test.each(['call-1', 'call-2', 'K7Q2-M9XD-41', 'k7q2m9xd41'])(
    'of %s holds request, approval and outcome, and is checked without the journal',
    async (id) => {
      await tell()
      const key = await keygen()
      const made = await run('prove', id, '--signing-key', 'key.pem')
      expect(made).toMatchObject({ code: 0, err: expect.stringContaining('by boss in a terminal') })
      const proof = JSON.parse(made.out) as Proof
      expect(proof.lines.map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 6])
      const said = await check(proof, '--key', key)
      expect(said.code).toBe(0)
      for (const words of [
        'requested by bot',
        'reason: left',
        'by boss in a terminal',
        'acme-netskope',
        'Signed',
      ]) {
        expect(said.out).toContain(words)
      }
      expect(said.out).not.toContain('bob@example.com')
    },
  )

  test('leads to the first anchor behind it, so that no more is told than must be', async () => {
    await tell()
    const key = await keygen()
    await happen('call-10')
    await writeFile(file('kept.anchor'), (await run('anchor', '--signing-key', 'key.pem')).out)
    await happen('call-11')
    const proof = await prove('call-2', '--anchor', 'kept.anchor')
    expect(proof.lines.at(-1)).toMatchObject({ seq: 8 })
    expect((await check(proof, '--key', key, '--anchor', 'kept.anchor')).code).toBe(0)
  })

  test('says of itself when it is not signed, and does not pass for signed', async () => {
    await tell()
    const key = await keygen()
    const proof = await prove('call-2')
    expect(await check(proof)).toMatchObject({ code: 1, out: expect.stringContaining('not signed') })
    expect((await check(proof, '--key', key)).code).toBe(1)
  })

  const forgeries: [string, (proof: Proof) => void][] = [
    ['a word changed', ({ lines }) => Object.assign(lines[2] ?? {}, { caller: 'eve' })],
    ['another approver', ({ lines }) => Object.assign(lines[2]?.approval ?? {}, { by: 'mallory' })],
    ['a field added', ({ lines }) => Object.assign(lines[2] ?? {}, { extra: true })],
    ['an entry taken out', ({ lines }) => void lines.splice(1, 1)],
    ['an entry put in', ({ lines }) => void lines.splice(1, 0, structuredClone(lines[0] as JournalLine))],
    ['two entries swapped', ({ lines }) => void lines.reverse()],
    ['the end cut off', ({ lines }) => void lines.pop()],
    ['another anchor', ({ anchor }) => Object.assign(anchor, { hash: '0'.repeat(64) })],
    ['another time of the anchor', ({ anchor }) => Object.assign(anchor, { at: '2020-01-01T00:00:00.000Z' })],
    ['another matter', (proof) => Object.assign(proof, { about: ['call-77'] })],
  ]
  test.each(forgeries)('with %s is none', async (_, forge) => {
    await tell()
    const key = await keygen()
    const proof = await prove('call-2', '--signing-key', 'key.pem')
    forge(proof)
    const said = await check(proof, '--key', key)
    expect(said).toMatchObject({ code: 1, out: expect.stringContaining('Not a valid proof') })
  })

  test('that was made up from its first line to a new end fails on the key and on a kept anchor', async () => {
    await tell()
    const key = await keygen()
    await writeFile(file('kept.anchor'), (await run('anchor', '--signing-key', 'key.pem')).out)
    await rewrite(({ approval }) => (approval ? { approval: { ...approval, by: 'mallory' } } : {}))
    const proof = await prove('call-2')
    expect((await check(proof)).out).toContain('Intact')
    expect((await check(proof)).code).toBe(1)
    expect((await check(proof, '--key', key)).code).toBe(1)
    expect((await check(proof, '--anchor', 'kept.anchor')).code).toBe(1)
    await keygen('other.pem')
    expect((await check(await prove('call-2', '--signing-key', 'other.pem'), '--key', key)).code).toBe(1)
    // The journal no longer leads to the anchor, and says so itself.
    expect((await run('prove', 'call-2', '--anchor', 'kept.anchor')).code).toBe(1)
  })

  test('must lead through an anchor that is given', async () => {
    await tell()
    await keygen()
    await writeFile(file('kept.anchor'), (await run('anchor', '--signing-key', 'key.pem')).out)
    await happen('call-12')
    expect((await check(await prove('call-12'), '--anchor', 'kept.anchor')).code).toBe(1)
  })

  /** Entries that were never written, chained behind those of a true proof, with an end of their own. */
  const goOn = ({ lines, ...proof }: Proof, made: JournalEvent[]): Proof => {
    const all = [...lines]
    for (const one of made) all.push(toLine(one, all.at(-1) as JournalLine).line)
    const { seq, hash } = all.at(-1) as JournalLine
    return { ...proof, lines: all, anchor: { seq, hash, at: new Date().toISOString() } }
  }
  const invented = (event: JournalEvent['event'], by?: string): JournalEvent => ({
    event,
    call: 'call-2',
    tool: 'deactivate_user',
    caller: 'bot',
    approval: { id: 'K7Q2-M9XD-41', ...(by && { by }) },
  })

  test.each<[string, number, JournalEvent[]]>([
    ['an approval', 8, [invented('approved', 'grace')]],
    ['a denial', 8, [invented('denied', 'grace')]],
    ['a change and its end', 8, [invented('started'), invented('done')]],
    ['an approval before what is true', 6, [invented('approved', 'grace')]],
  ])('with %s invented behind the kept anchor shows that as not proved', async (_, from, made) => {
    await tell()
    const key = await keygen()
    await writeFile(file('kept.anchor'), (await run('anchor', '--signing-key', 'key.pem')).out)
    const whole = await prove('call-2', '--anchor', 'kept.anchor')
    const cut = { ...whole, lines: whole.lines.filter(({ seq }) => seq < from) }
    const forged = goOn(cut, made)
    const said = await check(forged, '--anchor', 'kept.anchor')
    expect(said.code).toBe(1)
    expect(said.out).not.toContain('grace')
    if (from > 7) expect(said.out).toMatch(/Not proved, .* the entries 8/)
    expect((await check(forged, '--anchor', 'kept.anchor', '--key', key)).code).toBe(1)
    expect((await check(whole, '--anchor', 'kept.anchor')).code).toBe(0)
  })

  test('counts what others did behind the kept anchor for nothing, and needs no more than it', async () => {
    await tell()
    await keygen()
    await writeFile(file('kept.anchor'), (await run('anchor', '--signing-key', 'key.pem')).out)
    await happen('call-20')
    const said = await check(await prove('call-2', '--anchor', 'kept.anchor'), '--anchor', 'kept.anchor')
    expect(said).toMatchObject({ code: 0, out: expect.stringContaining('They lead to entry 7') })
    const shorter = await check(await prove('call-2'), '--anchor', 'kept.anchor')
    expect(shorter).toMatchObject({ code: 1, out: expect.stringContaining('`prove --anchor`') })
  })

  test('is not made from a journal that is not whole, and only of what there is', async () => {
    await tell()
    expect((await run('prove', 'call-77')).code).toBe(2)
    expect((await run('prove')).code).toBe(2)
    expect((await run('prove', 'call-2', '--check', 'x')).code).toBe(2)
    const text = await readFile(journalFile(desk.folder), 'utf8')
    await writeFile(journalFile(desk.folder), text.replace('"by":"boss","how"', '"by":"mike","how"'))
    expect(await run('prove', 'call-2')).toMatchObject({ code: 1, out: '' })
  })

  test.each([
    [{}],
    [[]],
    ['text'],
    [{ proof: 'identity-mcp journal 1', about: ['x'], lines: [{ seq: 1 }], anchor: {} }],
  ])('is not %j', async (value) => {
    expect((await check(value)).code).toBe(2)
  })

  test('goes into a new file', async () => {
    await tell()
    expect((await run('prove', 'call-2', '--out', 'proof.json')).code).toBe(0)
    expect((await stat(file('proof.json'))).mode & 0o777).toBe(0o600)
    expect((await run('prove', '--check', 'proof.json')).out).toContain('Intact')
    expect((await run('prove', 'call-2', '--out', 'proof.json')).code).toBe(2)
  })
})
