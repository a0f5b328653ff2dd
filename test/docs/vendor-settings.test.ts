import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSettings } from '../../src/config/settings.ts'
import { vendors } from '../../src/vendors/index.ts'
import { PAGES } from './commands.ts'
import { ROOT } from './programs.ts'

const VENDOR_PAGES = PAGES.filter((page) => /^docs\/vendors\/\w+\.md$/.test(page))

/** A certificate with its private key. */
const PEM = readFileSync(join(ROOT, 'test/fixtures/tls/client-rsa.pem'), 'utf8')

/** Files whose form is looked at when settings are loaded. */
const FILES: Record<string, string> = {
  'google.json': JSON.stringify({
    ...{ type: 'service_account', client_email: 'server@acme.example', private_key_id: 'k1' },
    private_key: PEM.slice(PEM.indexOf('-----BEGIN PRIVATE KEY')),
  }),
  'entra.pem': PEM,
}

type Tenants = Record<string, Record<string, unknown>>

/** The settings that a page shows, each as a whole file. What a page leaves out with an ellipsis stands elsewhere in it. */
function settingsIn(page: string): { tenants: Tenants }[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  return [...text.matchAll(/^ *```json\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) => {
    if (block.includes('"…": "…"')) return []
    const shown = JSON.parse(block) as { tenants: Tenants } | Tenants
    return ['tenants' in shown ? (shown as { tenants: Tenants }) : { tenants: shown }]
  })
}

const shown = VENDOR_PAGES.flatMap((page) =>
  settingsIn(page).map((settings, index) => ({ page, index, settings })),
)

describe('the settings of the pages of vendors', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vendor-settings-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each(shown)('$page, block $index, are loaded', ({ settings }) => {
    const env: Record<string, string> = {}
    // Secrets of a person who follows the page: every variable is set, every file is there.
    const text = JSON.stringify(settings).replace(/"(env|file):([^"]+)"/g, (_, kind, name) => {
      if (kind === 'env') {
        env[name] = 'a-secret-for-trying'
        return `"env:${name}"`
      }
      const file = join(folder, name.replaceAll('/', '-'))
      writeFileSync(file, FILES[name.split('/').at(-1)] ?? 'a-secret-for-trying', { mode: 0o600 })
      return `"file:${file}"`
    })
    const given = JSON.parse(text) as typeof settings
    // A page about one tenant names others, which stand beside it.
    const beside = Object.values(given.tenants).flatMap(({ provisions }) => Object.keys(provisions ?? {}))
    const others = beside.map((name) => [name, { vendor: 'manual', title: name, owner: 'grace' }])
    const all = { tenants: { ...Object.fromEntries(others), ...given.tenants } }
    const { tenants, leftOut } = parseSettings(all, vendors, env, 'the page')
    // What is wrong with one tenant only leaves it out.
    expect(leftOut).toEqual([])
    expect(Object.keys(tenants)).toEqual(Object.keys(all.tenants))
  })

  test('each vendor has a page with settings of its own, which the README names', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    for (const { name } of Object.values(vendors)) {
      const own = shown.filter(({ page }) => page === `docs/vendors/${name}.md`)
      const used = own.flatMap(({ settings }) => Object.values(settings.tenants).map(({ vendor }) => vendor))
      expect(used, name).toContain(name)
      expect(readme).toContain(`[\`${name}\`](docs/vendors/${name}.md)`)
    }
  })
})
