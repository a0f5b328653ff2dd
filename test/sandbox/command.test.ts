import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Io } from '../../src/commands/io.ts'
import { sandboxCommand } from '../../src/commands/sandbox.ts'
import type { Sandbox } from '../../src/sandbox/index.ts'

/** Runs the command and ends what it started. */
async function run(...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let code: number | undefined
  const exit: Io['exit'] = (given) => {
    code = given
  }
  const io: Io = {
    env: {},
    cwd: '/',
    stdin: new PassThrough(),
    stdout,
    stderr,
    user: 'ada',
    self: 'identity-mcp',
    script: { node: 'node', main: 'main.js' },
    untilStopped: async () => {},
    exit,
  }
  const started: Sandbox[] = []
  await sandboxCommand(io, (sandbox) => started.push(sandbox))
    .parseAsync(words, { from: 'user' })
    .catch((error: unknown) => {
      if (code === undefined) throw error
    })
  const [sandbox] = started
  await sandbox?.close()
  const text = (stream: PassThrough) => String(stream.read() ?? '')
  return { code, out: text(stdout), err: text(stderr), sandbox }
}

test('says how to use the sandbox that it started, in 80 columns', async () => {
  const { out, sandbox } = await run('--per-minute', '60', '--fault', 'slow', '--fault', 'hang')
  for (const [name, value] of Object.entries(sandbox?.env ?? {}))
    expect(out).toContain(`export ${name}=${value}`)
  expect(out).toContain('identity-mcp check')
  expect(out).toContain('60 requests a minute')
  expect(sandbox?.tenants['acme-netskope'].faults.list()).toEqual([{ fault: 'slow' }, { fault: 'hang' }])
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
})

test('prints JSON when told', async () => {
  const { out, sandbox } = await run('--json')
  expect(JSON.parse(out)).toEqual({
    url: sandbox?.url,
    control: `${sandbox?.url}/_sandbox`,
    settings: sandbox?.settings,
    env: sandbox?.env,
  })
})

test('lists the faults and starts nothing', async () => {
  const { out, sandbox } = await run('--list-faults')
  expect(out).toMatch(/^lost-reply +Does the work/m)
  expect(JSON.parse((await run('--list-faults', '--json')).out)[0]).toHaveProperty('about')
  expect(sandbox).toBeUndefined()
})

test.each([
  ['--fault', 'no-such'],
  ['--port', 'x'],
  ['--port', '65536'],
  ['--per-minute', '0'],
])('takes %s %s for wrong usage', async (...words) => {
  const { code, err, sandbox } = await run(...words)
  expect(code).toBe(2)
  expect(err).not.toBe('')
  expect(sandbox).toBeUndefined()
})
