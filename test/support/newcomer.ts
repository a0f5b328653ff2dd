import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GRANTS, startSandbox } from '../../src/sandbox/index.ts'

/** Somebody with an app, Cursor, no keyring, and nothing of this server yet. */
export async function openNewcomer() {
  const home = mkdtempSync(join(tmpdir(), 'init-'))
  const work = join(home, 'work')
  const bin = join(home, 'bin')
  for (const folder of [work, bin, join(home, '.cursor')]) mkdirSync(folder)
  writeFileSync(join(bin, 'secret-tool'), '#!/bin/sh\nexit 1\n')
  chmodSync(join(bin, 'secret-tool'), 0o755)
  const env: Record<string, string> = { HOME: home, PATH: `${bin}:/usr/bin:/bin`, SHELL: '/bin/sh' }
  const sandbox = await startSandbox({ apps: ['netskope', 'scim'] })
  // One token for everything, as most people make it.
  sandbox.tenants['acme-netskope'].tokens.scim.grants = { ...GRANTS.scim, ...GRANTS.rest }
  return {
    ...{ home, work, env, sandbox },
    close: async () => {
      await sandbox.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}
