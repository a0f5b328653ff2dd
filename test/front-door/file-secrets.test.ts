// @module-tag long

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openWorld, type World, type WorldOptions } from '../support/world.ts'

const TENANT = 'acme-scim'
const ADA = 'ada@example.com'
const NEW = 'a-new-token-of-the-app'

/** A world whose one tenant has its token in a file, and that file. */
async function openFiled(options: Omit<WorldOptions, 'tenants' | 'sandbox'> = {}) {
  const world = await openWorld({
    ...options,
    env: { IDENTITY_MCP_LOG: 'info', ...options.env },
    sandbox: { apps: ['scim'] },
    tenants: (own) => own,
    settings: { confirm: { removes: 'none' } },
  })
  const file = join(world.folder, 'token')
  const app = world.sandbox.tenants[TENANT]
  writeFileSync(file, app.tokens.scim.value)
  world.rewrite({
    tenants: {
      [TENANT]: {
        ...world.sandbox.settings.tenants[TENANT],
        deactivateMeans: 'reversible',
        tokens: { scim: `file:${file}` },
      },
    },
    confirm: { removes: 'none' },
  })
  return {
    world,
    app,
    file,
    server: await world.open(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}

/** The app accepts another token from now on, which stands in the file. */
function replace(app: { tokens: { scim: { value: string } } }, file: string) {
  app.tokens.scim.value = NEW
  writeFileSync(file, `${NEW}\n`)
}

const silent = ({ stderr }: Pick<World, 'stderr'>) =>
  expect(stderr()).not.toMatch(/a-new-token|sandbox-any-scim/)

test('a token that was replaced in its file is used once the app refuses the former one', async () => {
  await using filed = await openFiled()
  const { world, app, file, server } = filed
  const find = () => server.call('find_user', { user: ADA })
  expect(await find()).toMatchObject({ people: [{}], complete: true })
  replace(app, file)
  const answers = await Promise.all([find(), find(), find()])
  for (const answer of answers) expect(answer).toMatchObject({ people: [{}], complete: true })
  silent(world)
})

test('a change that is refused is not sent again, and the next one is sent with the new token', async () => {
  await using filed = await openFiled()
  const { world, app, file, server } = filed
  const deactivate = () => server.call('deactivate_user', { user: ADA, tenants: [TENANT], reason: 'left' })
  app.faults.set([{ fault: 'server-error', status: 401, method: 'PATCH', times: 1 }])
  writeFileSync(file, NEW)
  expect(await deactivate()).toMatchObject({ results: [{ outcome: 'failed', code: 'unauthorized' }] })
  expect(app.writes).toHaveLength(1)
  app.tokens.scim.value = NEW
  expect(await deactivate()).toMatchObject({ status: 'done' })
  expect(app.writes).toHaveLength(2)
  silent(world)
})

test.each([
  ['is not there', (file: string) => rmSync(file)],
  ['is empty', (file: string) => writeFileSync(file, '')],
  ['is no token', (file: string) => writeFileSync(file, 'two words')],
])('where the file %s, the former token stays in use', async (_, spoil) => {
  await using filed = await openFiled({ ownProcess: true })
  const { world, file, server } = filed
  const find = () => server.call('find_user', { user: ADA })
  expect(await find()).toMatchObject({ complete: true })
  spoil(file)
  const heard = world.stderr()
  server.signal('SIGHUP')
  await expect.poll(() => world.stderr().slice(heard.length)).toContain('secrets read again')
  expect(world.stderr()).toContain(`file:${file} holds no usable secret: the former one stays in use`)
  expect(await find()).toMatchObject({ complete: true })
  silent(world)
})

test('SIGHUP over stdio reads the tokens again, and never ends the server', async () => {
  await using filed = await openFiled({ ownProcess: true })
  const { world, app, file, server } = filed
  const verdict = async () =>
    ((await server.call('check_token')) as { checks: { fingerprint: string }[] }).checks[0]
  const before = await verdict()
  replace(app, file)
  for (let time = 0; time < 3; time++) server.signal('SIGHUP')
  await expect.poll(() => world.stderr()).toContain('secrets read again')
  const after = await verdict()
  expect([before, after]).toMatchObject([{ verdict: 'ok' }, { verdict: 'ok' }])
  expect(after?.fingerprint).not.toBe(before?.fingerprint)
  // No request was refused on the way.
  expect(app.arrivals.filter(({ status }) => status === 401)).toEqual([])
  silent(world)
})
