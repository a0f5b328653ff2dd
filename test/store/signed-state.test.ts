import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Unavailable } from '../../src/errors.ts'
import { stateSigner } from '../../src/store/signed-state.ts'
import { memoryStore } from '../../src/store/table-store.ts'

const bound = ['cursor', 'list_users', 'local:grace']

test('a sealed value comes back as it was, from any copy that shares the store', async () => {
  const store = memoryStore()
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const text = await stateSigner(store).sign(bound, value)
      expect(await stateSigner(store).verify(bound, text)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('a text with any character changed, added or taken away is not opened', async () => {
  const signer = stateSigner(memoryStore())
  const text = await signer.sign(bound, { start: 101, tenant: 'acme' })
  const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='
  await fc.assert(
    fc.asyncProperty(
      fc.nat(text.length),
      fc.constantFrom(...base64),
      fc.constantFrom('change', 'add', 'remove'),
      async (at, letter, how) => {
        const bent =
          text.slice(0, at) + (how === 'remove' ? '' : letter) + text.slice(how === 'add' ? at : at + 1)
        fc.pre(bent !== text)
        expect(await signer.verify(bound, bent)).toBeUndefined()
      },
    ),
    { numRuns: 500 },
  )
})

test('a text is good for what it was made for, and with the key it was made with', async () => {
  const signer = stateSigner(memoryStore())
  const text = await signer.sign(bound, 1)
  expect(await signer.verify(['cursor', 'list_users', 'local:eve'], text)).toBeUndefined()
  expect(await signer.verify(['cursor,list_users', 'local:grace'], text)).toBeUndefined()
  expect(await stateSigner(memoryStore()).verify(bound, text)).toBeUndefined()
})

test.each(['', '.', 'a.b', 'a.b.c', '💥.💥', `${'a'.repeat(100_000)}.b`])(
  'garbage %# is not opened',
  async (text) => {
    expect(await stateSigner(memoryStore()).verify(bound, text)).toBeUndefined()
  },
)

test('a store that has lost its key makes what was sealed before worthless, in every copy at once', async () => {
  const store = memoryStore()
  const signer = stateSigner(store)
  const text = await signer.sign(bound, 1)
  await store.delete('seal/key')
  expect(await signer.verify(bound, text)).toBeUndefined()
  expect(await stateSigner(store).verify(bound, await signer.sign(bound, 2))).toBe(2)
})

test('a store that cannot be used keeps nobody from what was sealed before', async () => {
  const store = memoryStore()
  const signer = stateSigner(store)
  const text = await signer.sign(bound, 1)
  store.get = async () => {
    throw new Unavailable('Gone.', 'Wait.')
  }
  expect(await signer.verify(bound, text)).toBe(1)
  await expect(stateSigner(store).verify(bound, text)).rejects.toMatchObject({ code: 'unavailable' })
})
