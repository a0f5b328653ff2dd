import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { initCommand } from '../../src/cli/init.ts'
import { SettingsError } from '../../src/config/problems.ts'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'
import { openDesk } from './fake-io.ts'

let desk: Awaited<ReturnType<typeof openDesk>>
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.stop())

/** Writes settings by the command, and reads them as the server does. */
async function written(...words: string[]) {
  const { readFileSync } = await import('node:fs')
  let file = ''
  await desk.run((io) => {
    file = `${io.cwd}/identity-mcp.json`
    return initCommand(io)
  }, words)
  const raw = JSON.parse(readFileSync(file, 'utf8'))
  return { raw, parsed: parseSettings(raw, vendors, { ACME_SCIM_TOKEN: 'a-token-of-ours' }, 'here') }
}

describe('init with an app that is known by name', () => {
  test('writes its name, and no address where that is known', async () => {
    const { raw, parsed } = await written('--app', 'slack', '--tenant', 'acme')
    expect(raw.tenants.acme).toEqual({
      vendor: 'scim',
      app: 'slack',
      tokens: { scim: 'env:ACME_SCIM_TOKEN' },
    })
    expect(parsed.tenants.acme).toMatchObject({ title: 'Slack', url: 'https://api.slack.com/scim/v2' })
  })

  test('fills in the blanks of its address', async () => {
    const { raw, parsed } = await written(
      '--app',
      'snowflake',
      '--tenant',
      'acme',
      '--at',
      'account=acme-eu1',
    )
    expect(raw.tenants.acme).toMatchObject({ app: 'snowflake', at: { account: 'acme-eu1' } })
    expect(parsed.tenants.acme?.url).toBe('https://acme-eu1.snowflakecomputing.com/scim/v2')
  })

  test('takes an address where none is known', async () => {
    const url = 'https://pagerduty.example.com/scim'
    const { raw } = await written('--app', 'pagerduty', '--tenant', 'acme', '--url', url)
    expect(raw.tenants.acme).toMatchObject({ vendor: 'scim', app: 'pagerduty', url })
  })

  test.each<[string, string[], string]>([
    ['an unknown app', ['--app', 'slak'], 'did you mean slack?'],
    ['a blank without a value', ['--app', 'snowflake'], '--at account=…'],
    [
      'a value that leads elsewhere',
      ['--app', 'snowflake', '--at', 'account=thief.example'],
      '--at account=…',
    ],
    ['a blank that there is not', ['--app', 'slack', '--at', '__proto__=x'], 'no blank "__proto__"'],
    ['another vendor', ['--app', 'slack', '--vendor', 'netskope'], '--app'],
    ['no address where none is known', ['--app', 'pagerduty'], '--url'],
  ])('refuses %s', async (_, words, said) => {
    const running = written(...words, '--tenant', 'acme')
    await expect(running).rejects.toThrow(SettingsError)
    await expect(running).rejects.toThrow(said)
  })
})
