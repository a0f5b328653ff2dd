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
