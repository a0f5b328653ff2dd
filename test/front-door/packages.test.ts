// @module-tag long

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { promptTexts } from '../../src/mcp/prompt-texts.ts'
import { startScimApp } from '../../src/sandbox/scim-app.ts'
import { connect } from '../support/clients.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
const pkg = read('package.json')

test('there is one version number, and one name, in everything that names the package', () => {
  const server = read('server.json')
  const manifest = read('mcpb/manifest.json')
  const { identity } = read('plugin/.mcp.json').mcpServers
  const versions = {
    lock: read('package-lock.json').version,
    server: server.version,
    serverPackage: server.packages[0].version,
    mcpb: manifest.version,
    plugin: read('plugin/.claude-plugin/plugin.json').version,
    marketplace: read('.claude-plugin/marketplace.json').plugins[0].version,
    started: identity.args.at(-1).split('@').at(-1),
    example: read('examples/private-vendor/package.json').dependencies[pkg.name].slice(1),
    kubernetes: /\/identity-mcp:(\S+)/.exec(readFileSync(join(ROOT, 'deploy/kubernetes.yaml'), 'utf8'))?.[1],
  }
  for (const [where, version] of Object.entries(versions))
    expect([where, version]).toEqual([where, pkg.version])
  expect([server.name, server.packages[0].identifier]).toEqual([pkg.mcpName, pkg.name])
  expect(manifest.name).toBe(pkg.name)
  expect(identity.args).toContain(`${pkg.name}@${pkg.version}`)
  // server.schema.json of the registry: 100 characters at most, a name with one slash.
  expect(server.description.length).toBeLessThanOrEqual(100)
  expect(server.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/)
})

test('the plugin has a skill for each prompt, from the same source', () => {
  const skills = readdirSync(join(ROOT, 'plugin/skills')).sort()
  expect(skills).toEqual(
    Object.keys(promptTexts)
      .map((name) => name.replaceAll('_', '-'))
      .sort(),
  )
  for (const [name, text] of Object.entries(promptTexts)) {
    const skill = name.replaceAll('_', '-')
    const page = readFileSync(join(ROOT, 'plugin/skills', skill, 'SKILL.md'), 'utf8')
    expect(page).toMatch(new RegExp(`^---\nname: ${skill}\ndescription: ".+"\n---\n`))
    expect(page).toContain(text)
  }
})

test('the links of the README install this package', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const start = { command: 'npx', args: ['-y', pkg.name] }
  const [, vscode = ''] =
    /insiders\.vscode\.dev\/redirect\/mcp\/install\?name=identity&config=([^)\s]+)/.exec(readme) ?? []
  expect(JSON.parse(decodeURIComponent(vscode))).toEqual(start)
  const [, cursor = ''] = /cursor\.com\/en\/install-mcp\?name=identity&config=([^)\s]+)/.exec(readme) ?? []
  expect(JSON.parse(Buffer.from(decodeURIComponent(cursor), 'base64').toString())).toEqual(start)
})

describe('the MCPB bundle', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpb-'))
    execFileSync(process.execPath, ['scripts/mcpb.mjs', '--stage', folder], { cwd: ROOT })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** Starts what the manifest says, as a client does with what its user typed. */
  function launch(typed: Record<string, string>) {
    const { server, user_config: fields } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))
    const filled = (text: string) =>
      text
        .replace(/\$\{__dirname\}/g, folder)
        .replace(/\$\{user_config\.(\w+)\}/g, (blank, name) => typed[name] ?? fields[name].default ?? blank)
    const own = Object.entries(server.mcp_config.env as Record<string, string>)
    const env = Object.fromEntries(own.map(([name, text]) => [name, String(filled(text))]))
    return {
      command: process.execPath,
      args: server.mcp_config.args.map(filled) as string[],
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
      stderr: () => {},
    }
  }

  test('marks every token as sensitive, and names the platforms that it has a database for', () => {
    const { user_config: fields, compatibility } = JSON.parse(
      readFileSync(join(folder, 'manifest.json'), 'utf8'),
    )
    const secrets = Object.keys(fields).filter((name) => name.endsWith('_token'))
    expect(secrets.length).toBeGreaterThan(3)
    expect(Object.keys(fields).filter((name) => fields[name].sensitive)).toEqual(secrets)
    const natives = readdirSync(join(folder, 'server/node_modules/@libsql'))
    expect(compatibility.platforms).toEqual([process.platform])
    expect(natives.every((name) => name.startsWith(process.platform))).toBe(true)
  })

  test('serves the app whose address and token were typed, and only reads until it may change', async () => {
    const app = await startScimApp()
    try {
      const typed = { scim_url: app.scimUrl, scim_token: app.tokens.scim.value }
      const client = await connect('modern', launch(typed), 'claude-desktop')
      const found = await client.callTool('find_user', { user: 'ada@example.com' })
      expect(found.structuredContent).toMatchObject({ people: [{ name: 'Ada Lovelace' }] })
      expect((await client.listTools()).map(({ name }) => name)).not.toContain('deactivate_user')
      await client.close()
      const writing = await connect('modern', launch({ ...typed, read_only: 'false' }), 'claude-desktop')
      expect((await writing.listTools()).map(({ name }) => name)).toContain('deactivate_user')
      await writing.close()
    } finally {
      await app.close()
    }
  })

  test('says what it needs when nothing was typed', () => {
    const { command, args, env } = launch({})
    const { status, stderr } = spawnSync(command, args, { env, encoding: 'utf8', input: '' })
    expect(status).toBe(2)
    expect(stderr).toContain('the address and the token of one app')
  })
})
