import { expect, test } from 'vitest'
import { sameApps } from '../../src/config/same-app.ts'

const GRAPH = 'https://graph.microsoft.com'
const [ID, OTHER_ID] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']

test.each([
  ['the same id', ID, ID.toUpperCase(), true],
  ['two ids', ID, OTHER_ID, false],
  ['the same domain', 'acme.onmicrosoft.com', 'ACME.onmicrosoft.com', true],
  ['two initial domains', 'acme.onmicrosoft.com', 'other.onmicrosoft.com', false],
  ['an id and a domain, which may be one directory', ID, 'acme.onmicrosoft.com', true],
  ['two domains, which may be of one directory', 'acme.example', 'acme.onmicrosoft.com', true],
  ['a directory and none', ID, undefined, true],
])('%s at one address', (_, one, other, areOne) => {
  const groups = sameApps({
    one: { url: GRAPH, directory: one },
    other: { url: `${GRAPH}/`, directory: other },
  })
  expect(groups).toHaveLength(areOne ? 1 : 2)
})

const GOOGLE = 'https://admin.googleapis.com'
const ACME = { domain: 'acme.example', admin: 'admin@acme.example' }
const OTHER = { domain: 'other.example', admin: 'admin@other.example' }

test.each([
  ['the same domain', ACME, { ...ACME, domain: 'ACME.example' }, true],
  ['the same domain, with another administrator', ACME, { ...ACME, admin: 'admin@acme.test' }, true],
  ['two domains', ACME, OTHER, false],
  [
    'two domains, of which one only ends like the other',
    ACME,
    { ...OTHER, domain: 'not-acme.example' },
    false,
  ],
  ['two domains, and an administrator of the first', ACME, { ...OTHER, admin: 'admin@Acme.example' }, true],
  ['two domains, and an administrator of the second', { ...ACME, admin: 'it@OTHER.example' }, OTHER, true],
  ['a domain and none', ACME, {}, true],
])('%s of Google Workspace', (_, one, other, areOne) => {
  const groups = sameApps({ one: { url: GOOGLE, ...one }, other: { url: GOOGLE, ...other } })
  expect(groups).toHaveLength(areOne ? 1 : 2)
})

test('two Workspaces with an address of their own each are two, whatever the domain', () => {
  const groups = sameApps({ one: { url: GOOGLE, ...ACME }, other: { url: 'http://127.0.0.1:9', ...ACME } })
  expect(groups).toHaveLength(2)
})
