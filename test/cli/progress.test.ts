import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { displayWidth } from '../../src/cli/display-width.ts'
import { withProgress } from '../../src/cli/progress.ts'
import { TRICKS } from './fake-io.ts'

afterEach(() => {
  vi.useRealTimers()
})

const ERASE = '\r\u001b[K'

/** Lets `ms` go by while work is done, and returns what stderr showed. */
async function shownIn(ms: number, { isTTY = true, said = [] as string[] } = {}) {
  vi.useFakeTimers()
  const stderr = Object.assign(new PassThrough(), { isTTY, columns: 40 })
  let shown = ''
  stderr.on('data', (piece) => {
    shown += String(piece)
  })
  const working = withProgress({ stderr }, 'Waiting for the apps', async (tell) => {
    for (const one of said) tell(one)
    await new Promise((resolve) => setTimeout(resolve, ms))
    return 'done'
  })
  await vi.advanceTimersByTimeAsync(ms)
  expect(await working).toBe('done')
  await vi.advanceTimersByTimeAsync(5_000)
  return shown
}

test('says nothing of what takes less than a second', async () => {
  expect(await shownIn(900)).toBe('')
})

test('says from the first second on what is waited for, and leaves an empty line', async () => {
  expect(await shownIn(2_500)).toBe(
    `${ERASE}Waiting for the apps, 1 s${ERASE}Waiting for the apps, 2 s${ERASE}`,
  )
})

test('says nothing where no terminal shows it', async () => {
  expect(await shownIn(5_000, { isTTY: false })).toBe('')
})

test('says how far the work is, in one line and without tricks', async () => {
  const shown = await shownIn(1_500, { said: ['first', `120 accounts\n\u001b[2J of ${'山田'.repeat(40)}`] })
  expect(shown).toContain('120 accounts')
  expect(shown).not.toContain('first')
  const [, line = ''] = shown.split(ERASE)
  expect(line).not.toMatch(TRICKS)
  expect(displayWidth(line)).toBeLessThan(40)
})

test('is gone when the work fails', async () => {
  vi.useFakeTimers()
  const stderr = Object.assign(new PassThrough(), { isTTY: true })
  const working = withProgress({ stderr }, 'Waiting', async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    throw new Error('broken')
  })
  const failed = expect(working).rejects.toThrow('broken')
  await vi.advanceTimersByTimeAsync(1_500)
  await failed
  expect(String(stderr.read()).endsWith(ERASE)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
})
