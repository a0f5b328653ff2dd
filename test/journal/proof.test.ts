import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newKeyPair, readAnchors, readPublicKey, signerFrom } from '../../src/journal/anchor.ts'
import { fileJournal } from '../../src/journal/file.ts'
import { checkProof, makeProof } from '../../src/journal/proof.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { codeOf } from '../support/call.ts'
import { chain, dataFolder, place } from './chain.ts'

const { privatePem, publicText } = newKeyPair()
const key = readPublicKey(publicText)

async function proved() {
  await using data = await dataFolder()
  const store = memoryStore()
  await place(data.folder, chain(6))
  const journal = fileJournal(data.folder, store)
  return await makeProof(journal, ['call-3'], { signer: signerFrom(privatePem) })
}

test('whatever is changed in a proof, it no longer holds', async () => {
  const whole = await proved()
  expect((await checkProof(whole, { key })).problems).toEqual([])
  const paths = leaves(whole).filter(([first]) => first !== 'about')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.oneof(fc.constant(undefined), fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      async (path, value) => {
        const changed = structuredClone(whole)
        const was = put(changed, path, value)
        fc.pre(value !== was)
        const ended = await checkProof(JSON.parse(JSON.stringify(changed)), { key }).catch((error) => error)
        expect(ended.code === 'invalid_input' || ended.problems.length > 0, path.join('.')).toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})

test('whatever is given for a proof, anchors or a key is refused as such', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      expect(await codeOf(checkProof(value, { key }))).toBe('invalid_input')
      expect(
        await codeOf(
          checkProof({ proof: 'identity-mcp journal 1', about: ['x'], lines: value, anchor: value }, {}),
        ),
      ).toBe('invalid_input')
      expect(await codeOf((async () => readAnchors(JSON.stringify(value)))())).toBe('invalid_input')
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      expect(await codeOf((async () => readPublicKey(text))())).toBe('invalid_input')
      expect(await codeOf((async () => signerFrom(text))())).toBe('invalid_input')
    }),
  )
})

test('a public key is read from its letters and from PEM', () => {
  const pem = createPublicKey(privatePem).export({ type: 'spki', format: 'pem' }).toString()
  expect(readPublicKey(pem).equals(key)).toBe(true)
  expect(readPublicKey(` ${publicText}\n`).equals(key)).toBe(true)
})

type Path = readonly (string | number)[]

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value)
  return keys.flatMap((name) => leaves((value as Record<string | number, unknown>)[name], [...path, name]))
}

/** Sets what stands there and returns what stood there; undefined takes it away. */
function put(value: unknown, path: Path, next: unknown): unknown {
  const [name = '', ...rest] = path
  const record = value as Record<string | number, unknown>
  if (rest.length > 0) return put(record[name], rest, next)
  const was = record[name]
  record[name] = next
  return was
}

test('no new key looks like an option on a command line', () => {
  const keys = Array.from({ length: 400 }, () => newKeyPair().publicText)
  expect(keys.filter((key) => key.startsWith('-'))).toEqual([])
})
