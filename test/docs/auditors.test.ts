// @module-tag long

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { shareWorld } from '../support/sharing.ts'
import { openWorld } from '../support/world.ts'
import { noPython, runProgram } from './programs.ts'

interface Line extends Record<string, unknown> {
  seq: number
  hash: string
  event: string
}
interface Proof {
  about: string[]
  anchor: { seq: number; hash: string; at: string; key?: string; signature?: string }
  lines: Line[]
}

/** Text in which programs that write JSON differ. */
const ODD = 'left – "ünïcödé" \\ / \u2028 👋🏽 ﬁ <b> \u007f'

/** A world with a signed proof of one call. */
async function open() {
  const world = await openWorld()
  const folder = mkdtempSync(join(tmpdir(), 'identity-mcp-auditors-'))
  const key = join(folder, 'anchor.pem')
  const made = await world.run(['journal', 'keygen', key])
  const { userName } = world.newcomer()
  await world.call('deactivate_user', { user: userName, tenants: ['acme-netskope'], reason: ODD })
  const other = world.newcomer().userName
  await world.call('update_user', {
    tenant: 'acme-netskope',
    user: other,
    set: { title: ODD, custom: {} },
  })
  const call = world.journal().find(({ event }) => event === 'asked')?.call ?? ''
  const file = join(folder, 'proof.json')
  const proved = await world.run(['journal', 'prove', call, '--signing-key', key, '--out', file])
  if (proved.code !== 0) throw new Error(proved.stderr)
  return {
    ...world,
    folder,
    file,
    publicKey: made.stdout.trim(),
    proof: JSON.parse(readFileSync(file, 'utf8')) as Proof,
  }
}

const shared = shareWorld(open)

/** What each program says of a file: whether it is valid. */
async function verdicts(file: string, publicKey: string) {
  const own = await shared().run(['journal', 'prove', '--check', file, '--key', publicKey])
  const node = await runProgram(process.execPath, ['docs/verify-proof.mjs', file, publicKey])
  const python = noPython
    ? { ...node }
    : await runProgram('python3', ['docs/verify-proof.py', file, publicKey])
  return {
    own: own.code === 0,
    node: node.code === 0,
    python: python.code === 0,
    said: [node.out, python.out],
  }
}

test('a proof is valid for the server and for both programs, which share no code', async () => {
  const { file, publicKey, proof } = shared()
  const { said, ...valid } = await verdicts(file, publicKey)
  expect(valid, said.join('\n')).toEqual({ own: true, node: true, python: true })
  const all = `VALID: ${proof.lines.length} entries, all as signed.`
  for (const text of said) expect(text).toContain(all)
  // They tell the same.
  expect(said[1]).toBe(said[0])
  expect(said[0]).toMatch(/started {3}deactivateAccount newcomer-1@example\.com in acme-netskope/)
  expect(JSON.stringify(proof)).toContain('👋🏽')
})

const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x ?? ''
const edit = (change: (proof: Proof) => void) => (proof: Proof) => {
  change(proof)
  return proof
}
const second = ({ lines }: Proof) => lines[1] as Line

const FORGERIES: Record<string, (proof: Proof) => Proof> = {
  'a letter of a line': edit((proof) => Object.assign(second(proof), { caller: 'local:nobody' })),
  'the time of a line': edit((proof) => Object.assign(second(proof), { at: '2020-01-01T00:00:00.000Z' })),
  'a field more': edit((proof) => Object.assign(second(proof), { note: 'fine' })),
  'a hash': edit((proof) => Object.assign(second(proof), { hash: '0'.repeat(64) })),
  'a line less': edit(({ lines }) => void lines.splice(1, 1)),
  'a line twice': edit((proof) => void proof.lines.splice(1, 0, second(proof))),
  'two lines in another order': edit(
    ({ lines }) => void lines.splice(0, 2, lines[1] as Line, lines[0] as Line),
  ),
  'the end cut off': edit(({ lines }) => void lines.pop()),
  'an anchor of an earlier line': edit(({ anchor, lines }) => {
    const { seq, hash } = lines.at(-2) as Line
    lines.pop()
    Object.assign(anchor, { seq, hash })
  }),
  'the time of the anchor': edit(({ anchor }) => Object.assign(anchor, { at: '2020-01-01T00:00:00.000Z' })),
  'no signature': edit(({ anchor }) => {
    delete anchor.signature
    delete anchor.key
  }),
  'another signature': edit(({ anchor }) => {
    const { signature = '' } = anchor
    anchor.signature = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)
  }),
  'a signature of nothing': edit(({ anchor }) => {
    anchor.signature = 'A'.repeat(86)
  }),
}

describe('none of them takes a forged proof:', () => {
  test.each(Object.entries(FORGERIES))('%s', async (name, forge) => {
    const { folder, proof, publicKey } = shared()
    const file = join(folder, `${name.replaceAll(' ', '-')}.json`)
    writeFileSync(file, JSON.stringify(forge(structuredClone(proof))))
    const { said, ...valid } = await verdicts(file, publicKey)
    expect(valid, said.join('\n')).toEqual({ own: false, node: false, python: false })
    for (const text of said) expect(text).toContain('NOT VALID')
  })

  test('another key', async () => {
    const { said, ...valid } = await verdicts(shared().file, other)
    expect(valid).toEqual({ own: false, node: false, python: false })
    for (const text of said) expect(text).toContain('not signed with this key')
  })
})
