import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { BadReply } from '../src/errors.ts'
import { logTo } from '../src/log.ts'

/** What the log wrote, line by line. */
function aLog() {
  let written = ''
  const to = new Writable({
    write(piece, _, done) {
      written += String(piece)
      done()
    },
  })
  return { log: logTo(to, 'info'), lines: () => written.split('\n').slice(0, -1) }
}

test('what an app said reaches the log as one line that a terminal can show, and no longer than it has to be', () => {
  const { log, lines } = aLog()
  const said = '\u001b[2J\u009b31m\u202e forged line\n{"level":"info"}\u2028\u0007'
  const cause = new Error(`${said}${'x'.repeat(1_000_000)}`)
  log.error(`find_user failed ${said}`, {
    reference: 'abc',
    error: new BadReply('It went wrong.', 'Try again.', { cause }),
  })
  const [line = '', ...more] = lines()
  expect(more).toEqual([])
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  expect(line.length).toBeLessThan(40_000)
  expect(JSON.parse(line)).toMatchObject({
    level: 'error',
    reference: 'abc',
    message: `find_user failed ${said}`,
  })
})

test('an error that holds very much is shown in part', () => {
  const { log, lines } = aLog()
  const rows = Array.from({ length: 100_000 }, (_, at) => ({ id: at, name: 'x'.repeat(100) }))
  log.error('a change failed', { error: Object.assign(new Error('no'), { rows }) })
  expect(lines()[0]?.length).toBeLessThan(40_000)
})
