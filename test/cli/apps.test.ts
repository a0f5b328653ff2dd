import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'
import { APPS } from '../../src/vendors/scim/profiles/apps.ts'
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
  const sheets = JSON.parse(stdout) as { app: string; tenant: object; address?: string }[]
  expect(sheets.map(({ app }) => app)).toEqual([...APPS])
  for (const { tenant, address = '' } of sheets) {
    const filled = JSON.stringify(tenant)
      .replace('<the address that the app shows>', 'https://app.example.com/scim')
      .replace(/<(\w+)>/g, (_, name: string) =>
        new RegExp(`^https://[^/]*\\{${name}\\}(/|$)`).test(address) ? 'acme.example.com' : 'acme',
      )
    const [, variable = ''] = /env:(\w+)/.exec(filled) ?? []
    const settings = { tenants: { acme: JSON.parse(filled) as object } }
    expect(() => parseSettings(settings, vendors, { [variable]: 'a-token-of-ours' }, 'it')).not.toThrow()
  }
})

test('refuses a name that it does not know, with near ones', async () => {
  expect(await apps('slak')).toMatchObject({
    code: 2,
    stderr: 'No app "slak" is known. Did you mean slack?\n',
  })
})
