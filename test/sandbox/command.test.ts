import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import type { Io } from '../../src/app/io.ts'
import { sandboxCommand } from '../../src/cli/sandbox.ts'
import type { Sandbox, SandboxApp } from '../../src/sandbox/index.ts'
import { anIo } from '../cli/fake-io.ts'

/** Runs the command and ends what it started. */
async function run(...words: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let code: number | undefined
  const exit: Io['exit'] = (given) => {
    code = given
  }
  const io = anIo({ stdin: new PassThrough(), stdout, stderr, exit })
  const started: Sandbox<SandboxApp>[] = []
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
  const { out, sandbox } = await run(
    '--app',
    'netskope',
    '--per-minute',
    '60',
    '--fault',
    'slow',
    '--fault',
    'hang',
  )
  for (const [name, value] of Object.entries(sandbox?.env ?? {}))
    expect(out).toContain(`export ${name}=${value}`)
  expect(out).toContain('identity-mcp check')
  expect(out).toContain('60 requests a minute')
  expect(sandbox?.tenants['acme-netskope'].faults.list()).toEqual([{ fault: 'slow' }, { fault: 'hang' }])
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([])
})

test('prints JSON when told', async () => {
  const { out, sandbox } = await run('--json', '--app', 'netskope')
  expect(JSON.parse(out)).toEqual({
    url: sandbox?.url,
    control: `${sandbox?.url}/_sandbox`,
    settings: sandbox?.settings,
    env: sandbox?.env,
  })
})

test('starts the apps that are named, each with its settings and its way in', async () => {
  const apps = ['netskope', 'gainsight', 'mindtickle', 'scim']
  const { out, sandbox } = await run(...apps.flatMap((app) => ['--app', app]))
  expect(Object.keys(sandbox?.settings.tenants ?? {})).toEqual(apps.map((app) => `acme-${app}`))
  for (const [name, value] of Object.entries(sandbox?.env ?? {}))
    expect(out).toContain(`export ${name}=${value}`)
  expect(out).toContain('/v1/users/services/scim/Users?count=3')
  const long = out
    .split('\n')
    .filter((line) => line.length > 80 && !line.includes('SANDBOX_MINDTICKLE_TOKEN'))
  expect(long).toEqual([])
})

test('tells as JSON how each app is steered', async () => {
  const { out } = await run('--json', '--app', 'gainsight', '--app', 'mindtickle')
  const { controls, settings } = JSON.parse(out)
  const { 'acme-gainsight': gainsight, 'acme-mindtickle': mindtickle } = settings.tenants
  expect(controls['acme-gainsight']).toBe(`${gainsight.url}/_sandbox`)
  expect(mindtickle.url).toBe(controls['acme-mindtickle'].replace('/_sandbox', '/scim/v2'))
})

test('writes the tokens into files that the settings name, in place of those of the last run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-tokens-'))
  writeFileSync(join(folder, 'SANDBOX_NETSKOPE_SCIM_TOKEN'), 'of the last run', { mode: 0o400 })
  const { out, sandbox } = await run('--json', '--app', 'netskope', '--tokens', folder)
  expect(JSON.parse(out).settings.tenants['acme-netskope'].tokens).toEqual({
    scim: `file:${folder}/SANDBOX_NETSKOPE_SCIM_TOKEN`,
    rest: `file:${folder}/SANDBOX_NETSKOPE_REST_TOKEN`,
  })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8').trim()
  expect(Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]))).toEqual(sandbox?.env)
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  const said = await run('--app', 'netskope', '--tokens', folder)
  expect(said.out).toContain(`$(cat ${folder}/SANDBOX_NETSKOPE_SCIM_TOKEN)`)
  expect(said.out).not.toContain('export ')
  rmSync(folder, { recursive: true })
})

test('says when the tokens cannot be written, and runs nothing', async () => {
  const { code, err, sandbox } = await run('--app', 'netskope', '--tokens', '/dev/null/tokens')
  expect(code).not.toBe(0)
  expect(err).toContain('/dev/null/tokens')
  expect(sandbox).toBeUndefined()
})

test('gives a fault to the apps that know it', async () => {
  const { sandbox } = await run('--app', 'netskope', '--app', 'gainsight', '--fault', 'result-false')
  expect(sandbox?.tenants['acme-netskope'].faults.list()).toEqual([])
  expect(sandbox?.tenants['acme-gainsight'].faults.list()).toEqual([{ fault: 'result-false' }])
})

test('lists the faults and starts nothing', async () => {
  const { out, sandbox } = await run('--list-faults')
  expect(out).toMatch(/^lost-reply +Does the work/m)
  expect(JSON.parse((await run('--list-faults', '--json')).out)[0]).toHaveProperty('about')
  expect(sandbox).toBeUndefined()
})

test('takes the fault of another app for wrong usage', async () => {
  const { code, sandbox } = await run('--app', 'netskope', '--fault', 'result-false')
  expect([code, sandbox]).toEqual([2, undefined])
})

test.each([
  ['--fault', 'no-such'],
  ['--app', 'no-such'],
  ['--port', 'x'],
  ['--port', '65536'],
  ['--per-minute', '0'],
])('takes %s %s for wrong usage', async (...words) => {
  const { code, err, sandbox } = await run(...words)
  expect(code).toBe(2)
  expect(err).not.toBe('')
  expect(sandbox).toBeUndefined()
})

test('says how to see the data of an organisation of Okta', async () => {
  const { out, sandbox } = await run('--app', 'okta')
  expect(out).toContain('curl -H "Authorization: SSWS $SANDBOX_OKTA_TOKEN"')
  expect(out).toContain(`"${sandbox?.url}/api/v1/users?limit=3"`)
})
