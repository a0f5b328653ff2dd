import { afterEach, describe, expect, test, vi } from 'vitest'
import { appMemory } from '../../src/store/app-memory.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { capabilitiesOf } from '../../src/vendors/scim/capabilities.ts'

const DAY = 24 * 60 * 60_000
const ACME = { tenant: 'acme', address: 'https://acme.example.com/scim' }
const never = (error: unknown) => {
  throw error
}

afterEach(() => void vi.useRealTimers())

describe('what was found out about an app', () => {
  test('is known to all who use the store, for this app alone, and survives them', async () => {
    const store = memoryStore()
    await appMemory(store, ACME, never).set('scim.patchStrategy', 'put')
    expect(await appMemory(store, ACME, never).get('scim.patchStrategy')).toBe('put')
    for (const other of [
      { ...ACME, tenant: 'beta' },
      { ...ACME, address: 'https://new.example.com/scim' },
    ]) {
      expect(await appMemory(store, other, never).get('scim.patchStrategy')).toBeUndefined()
    }
  })

  test('lapses after its time, each fact after its own', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const memory = appMemory(memoryStore(), ACME, never)
    await memory.set('short', 1, DAY)
    await memory.set('long', { filter: 'honoured' })
    vi.setSystemTime(Date.now() + DAY - 1_000)
    expect(await memory.get('short')).toBe(1)
    vi.setSystemTime(Date.now() + 2_000)
    expect([await memory.get('short'), await memory.get('long')]).toEqual([undefined, { filter: 'honoured' }])
  })

  test('is not known while the store cannot be used, which fails nothing and is told', async () => {
    const gone = new Error('no store')
    const broken = { ...memoryStore(), get: () => Promise.reject(gone), set: () => Promise.reject(gone) }
    const failed = vi.fn()
    const memory = appMemory(broken, ACME, failed)
    expect(await memory.get('scim.patchStrategy')).toBeUndefined()
    await memory.set('scim.patchStrategy', 'put')
    expect(failed.mock.calls).toEqual([[gone], [gone]])
  })
})

test('an app without groups is asked again after a day', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const memory = appMemory(memoryStore(), ACME, never)
  await capabilitiesOf(memory).note({ noGroups: true })
  await capabilitiesOf(memory).note({ etag: true })
  expect(await capabilitiesOf(memory).recall()).toEqual({ noGroups: true, etag: true })
  vi.setSystemTime(Date.now() + DAY + 1_000)
  expect(await capabilitiesOf(memory).recall()).toEqual({ etag: true })
})
