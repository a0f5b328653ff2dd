import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { appNamed, type KnownApp, knownApps } from '../../src/cli/init/apps.ts'
import { startOf } from '../../src/cli/init/clients.ts'
import { answeredIn, emptyDraft, tenantNameFor } from '../../src/cli/init/draft.ts'
import { pastedAddress, pastedBlank } from '../../src/cli/init/pasted.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'
import { anIo } from './fake-io.ts'

const io = anIo({
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  exit: () => {},
})

describe('an address is taken as people paste it', () => {
  test.each<[string, 'host' | 'address', string]>([
    ['acme.goskope.com', 'host', 'https://acme.goskope.com'],
    [' https://acme.goskope.com/ns#/settings?x=1 ', 'host', 'https://acme.goskope.com'],
    ['"https://acme.goskope.com/",', 'host', 'https://acme.goskope.com'],
    ['<ACME.goskope.com:8443/a>', 'host', 'https://acme.goskope.com:8443'],
    ['http://acme.goskope.com', 'host', 'https://acme.goskope.com'],
    ['http://127.0.0.1:8080/x', 'host', 'http://127.0.0.1:8080'],
    ['acme.mindtickle.com/scim/v2/', 'address', 'https://acme.mindtickle.com/scim/v2'],
    ['https://api.zoom.us/scim2/Users/7?count=1', 'address', 'https://api.zoom.us/scim2'],
    ['https://a.example/scim/v2/ServiceProviderConfig', 'address', 'https://a.example/scim/v2'],
    ['https://a.example/Users/scim', 'address', 'https://a.example'],
    // What is none stays, and is refused.
    ['ftp://a.example', 'host', 'ftp://a.example'],
    ['https://ada:secret@a.example/x', 'host', 'https://ada:secret@a.example/x'],
    ['not an address', 'host', 'not an address'],
    ['', 'host', ''],
  ])('%j as %s', (text, form, address) => {
    expect(pastedAddress(text, form)).toBe(address)
  })

  test.each([
    ['acme-eu1', 'acme-eu1'],
    ['acme-eu1.snowflakecomputing.com', 'acme-eu1'],
    ['https://ACME-eu1.snowflakecomputing.com/console', 'ACME-eu1'],
    ['https://thief.example/', 'https://thief.example/'],
    ['acme.thief.example.snowflakecomputing.com', 'acme.thief.example.snowflakecomputing.com'],
  ])('%j for a blank of a host', (text, value) => {
    expect(pastedBlank('https://posit.acme.example/x', 'host', 'https://{host}/scim/v2')).toBe(
      'posit.acme.example',
    )
    expect(pastedBlank(text, 'account', 'https://{account}.snowflakecomputing.com/scim/v2')).toBe(value)
  })
})

/** Something that each kind of answer can be. */
function sample(at: string): string {
  if (/email|^admin$/.test(at)) return 'admin@acme.example'
  if (at === 'directory' || at === 'domain') return 'acme.example'
  return at === 'url' ? 'https://acme.example' : at.startsWith('at.') ? 'acme' : 'acme-7'
}

const WAYS = knownApps().flatMap((app) => app.ways.map((way) => [app.name, way.title, app, way] as const))

test.each(WAYS)('what is asked for %s (%s) is all that its settings need', (_, __, app, way) => {
  let draft = emptyDraft(app)
  // Files hold keys, which are checked to be some: the tests of their vendors have them.
  for (const field of way.fields.filter(({ form }) => form !== 'file')) {
    const answers = field.form === 'secret' ? ['a-token-of-ours'] : [sample(field.at), 'scim.acme.example']
    const next = answers
      .map((answer) => answeredIn(draft, field, answer, io))
      .find((one) => typeof one !== 'string')
    if (next === undefined) throw new Error(`no answer for ${field.at} is right`)
    draft = next
  }
  if (way.fields.some(({ form }) => form === 'file')) return
  const tokens = Object.fromEntries(Object.keys(draft.secrets).map((slot) => [slot, 'env:T']))
  const name = tenantNameFor(draft, [])
  const raw = { tenants: { [name]: { ...draft.tenant, tokens } } }
  expect(parseSettings(raw, vendors, { T: 'a-token-of-ours' }, 'answers').tenants).toHaveProperty([name])
  expect(way.fields.some(({ made }) => made !== undefined)).toBe(true)
})

describe('a name for the workspace', () => {
  const named = (app: KnownApp, tenant: object, taken: string[] = []) =>
    tenantNameFor({ app, tenant: { ...tenant }, secrets: {} }, taken)
  const slack = appNamed('Slack')
  test.each<[object, string]>([
    [{ url: 'https://acme.goskope.com' }, 'acme-slack'],
    [{ url: 'https://api.slack.com/scim/v2' }, 'slack'],
    [{ url: 'http://127.0.0.1:9' }, 'slack'],
    [{ at: { account: 'Acme' } }, 'acme-slack'],
    [{ directory: '0b5e4bca-54b1-4d4b-9c69-0a1b7f4b9d43' }, 'slack'],
    [{ url: 'https://slack-acme.example' }, 'slack-acme'],
  ])('of %j', (tenant, name) => {
    expect(named(slack, tenant)).toBe(name)
    expect(named(slack, tenant, [name, `${name}-2`])).toBe(`${name}-3`)
  })
})

describe('how a client starts the server', () => {
  const start = (main: string) =>
    startOf({ script: { node: '/usr/bin/node', main } }, '/home/ada/identity-mcp.json')
  test('is how it runs now', () => {
    expect(start('/opt/dist/main.js')).toEqual({
      command: '/usr/bin/node',
      args: ['/opt/dist/main.js', '--config', '/home/ada/identity-mcp.json'],
      variables: [],
    })
  })

  test('is npx with this version, if npx fetched it', () => {
    const { command, args } = start('/home/ada/.npm/_npx/1a2b/node_modules/.bin/identity-mcp')
    expect([command, ...args].join(' ')).toMatch(/^npx -y identity-mcp-server@\d+\.\d+\.\d+ --config /)
  })
})
