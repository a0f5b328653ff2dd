// @module-tag long

import { expect, test } from 'vitest'
import { appsPage } from '../../scripts/apps-page.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { openTenants } from '../../src/engine/tenants.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { vendors } from '../../src/vendors/index.ts'
import { APPS } from '../../src/vendors/scim/profiles/apps.ts'
import { type AppSheet, sheetOf } from '../../src/vendors/scim/profiles/sheet.ts'
import { openSetup } from '../support/world.ts'

/** Runs the command without any settings. */
async function apps(...words: string[]) {
  const setup = await openSetup()
  try {
    return await setup.run(['apps', ...words])
  } finally {
    await setup.close()
  }
}

test('lists every app that settings can name', async () => {
  const { code, stdout } = await apps()
  expect(code).toBe(0)
  for (const app of APPS) expect(stdout).toMatch(new RegExp(`^${app} `, 'm'))
  expect(stdout).toMatch(/^pagerduty +PagerDuty +DELETES/m)
})

test('shows what to write for one, where its token is made, and the sources', async () => {
  const { code, stdout } = await apps('notion')
  expect(code).toBe(0)
  expect(stdout).toContain('"app": "notion"')
  expect(stdout).toContain('Switching off: It is a DELETE request. It DELETES the account.')
  expect(stdout).toContain('Not shown: guests.')
  expect(stdout).toContain('SCIM provisioning > New token')
  expect(stdout).toContain('https://www.notion.com/help/provision-users-and-groups-with-scim')
})

test('the settings that it shows are a tenant, once the placeholders are filled in', async () => {
  const { stdout } = await apps('--json')
  const sheets = JSON.parse(stdout) as AppSheet[]
  expect(sheets.map(({ app }) => app)).toEqual([...APPS])
  for (const sheet of sheets) expect(() => settingsFrom(sheet)).not.toThrow()
})

test('what it says of switching off is what the tenant then does, in the list, the sheet and the page', async () => {
  const [list, page] = [(await apps()).stdout, appsPage()]
  const store = memoryStore()
  for (const sheet of APPS.map(sheetOf)) {
    const { app, deactivate, notes, unknown } = sheet
    const tenant = openTenants(settingsFrom(sheet), vendors, { ledger: storeLedger(store), store }).get(
      'acme',
    )
    const done = tenant.offers('deactivateAccount') ? tenant.facts.deactivate : 'unsupported'
    expect({ app, deactivate }).toEqual({ app, deactivate: done })
    expect(list).toMatch(new RegExp(`^${app} .* ${IN_LIST[deactivate]} `, 'm'))
    expect(page).toContain(`](#${app}) | ${IN_PAGE[deactivate]} |`)
    const said = notes.find(({ about }) => about === 'Switching off')?.text ?? ''
    expect(said).toContain(IN_SHEET[deactivate])
    expect(unknown.includes('whether switching off can be undone')).toBe(deactivate === 'unknown')
  }
})

const IN_LIST = {
  reversible: 'can be undone',
  deletes: 'DELETES',
  unsupported: 'NOT POSSIBLE',
  unknown: 'not known',
}
const IN_PAGE = {
  reversible: 'can be undone',
  deletes: '**deletes**',
  unsupported: '**not possible**',
  unknown: '–',
}
const IN_SHEET = {
  reversible: 'It can be undone.',
  deletes: 'It DELETES the account.',
  unsupported: 'Not possible over SCIM.',
  unknown: '',
}

/** The settings that a sheet shows, with its placeholders filled in. */
function settingsFrom({ tenant, address = '' }: Pick<AppSheet, 'tenant' | 'address'>) {
  const filled = JSON.stringify(tenant)
    .replace('<the address that the app shows>', 'https://app.example.com/scim')
    .replace(/<(\w+)>/g, (_, name: string) =>
      new RegExp(`^https://[^/]*\\{${name}\\}(/|$)`).test(address) ? 'acme.example.com' : 'acme',
    )
  const [, variable = ''] = /env:(\w+)/.exec(filled) ?? []
  const settings = { tenants: { acme: JSON.parse(filled) as object } }
  return parseSettings(settings, vendors, { [variable]: 'a-token-of-ours' }, 'it')
}

test('refuses a name that it does not know, with near ones', async () => {
  expect(await apps('slak')).toMatchObject({
    code: 2,
    stderr: 'No app "slak" is known. Did you mean slack?\n',
  })
})
