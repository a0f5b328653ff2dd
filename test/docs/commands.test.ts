// @module-tag long

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLIENTS } from '../../src/clients/clients.ts'
import { PASSPHRASE } from '../support/approvers.ts'
import { hasTerminal, openShell } from '../support/terminal.ts'
import { openWorld } from '../support/world.ts'
import { COMMANDS, installed, NOT_RUN } from './commands.ts'
import { noPython, ROOT } from './programs.ts'

/** A company whose server has done something already, and a shell of somebody who runs it. */
async function openCompany() {
  const world = await openWorld({
    answer: 'none',
    sandbox: { apps: ['netskope', 'okta', 'gainsight', 'mindtickle', 'scim'], events: 20 },
    tenants: (own) => ({
      ...own,
      'acme-okta': { ...own['acme-okta'], source: true },
      'acme-zoom': { ...own['acme-scim'], deactivateMeans: 'reversible' },
      'acme-slack': { ...own['acme-scim'], deactivateMeans: 'reversible' },
      'acme-scim': undefined,
    }),
    settings: { auth: { tokens: true } },
  })
  const { folder, dataDir, config, env } = world
  for (const name of [
    'bin',
    'keys',
    'elsewhere',
    'backup',
    'archive',
    '.local/share/bash-completion/completions',
  ])
    mkdirSync(join(folder, name), { recursive: true })
  mkdirSync(join(folder, '.config/fish/completions'), { recursive: true })
  for (const name of ['dist', 'docs', 'package.json']) symlinkSync(join(ROOT, name), join(folder, name))
  symlinkSync(process.execPath, join(folder, 'bin/node'))
  symlinkSync(join(ROOT, 'dist/main.js'), join(folder, 'bin/identity-mcp'))
  const person = world.newcomer().userName
  writeFileSync(join(folder, 'leavers.csv'), `email\n${person}\n`)

  const leave = (user: string, approvalId?: string) =>
    world.call('deactivate_user', {
      ...{ user, tenants: ['acme-netskope'], reason: 'left' },
      ...(approvalId && { approvalId }),
    }) as Promise<{ approval?: { id: string }; change?: string }>
  let asked = { user: '', id: '' }
  let change = ''
  let publicKey = ''

  /** What stands in the pages for something of one's own. */
  const filledIn = (command: string) =>
    [
      ['K7Q2-M9XD-41', asked.id],
      ['3f9c1b7a20de', change],
      ['show ID', `show ${change}`],
      ['PUBLIC_KEY', publicKey],
      ['TENANT', 'acme-netskope'],
      ['/var/lib/identity-mcp', dataDir],
      ...['keys', 'elsewhere', 'backup', 'archive'].map((name) => [`/${name}/`, `${folder}/${name}/`]),
    ].reduce((text, [from = '', to = '']) => text.replaceAll(from, to), command)

  const answers = (question: string, screen: string): string => {
    if (/passphrase/i.test(question)) return PASSPHRASE
    if (/approver/i.test(question)) return 'grace'
    if (/number of accounts/.test(question)) return /to approve\s+type (\S+)/.exec(screen)?.[1] ?? ''
    if (/reason/i.test(question)) return 'tidied up'
    return 'y'
  }

  return {
    ...world,
    /** Something that waits for a person. */
    async ask() {
      const user = world.newcomer().userName
      asked = { user, id: (await leave(user)).approval?.id ?? '' }
    },
    /** The agent goes on after the yes. */
    async goOn() {
      change = (await leave(asked.user, asked.id)).change ?? ''
      if (change === '') throw new Error('the approval was of no use')
    },
    /** Runs a command line as it stands in the docs, at a terminal, and answers what it asks. */
    async run(command: string) {
      const place = {
        cwd: folder,
        env: {
          ...env,
          HOME: folder,
          PATH: `${folder}/bin:${env.PATH}`,
          IDENTITY_MCP_CONFIG: config,
          LANG: 'C.UTF-8',
        },
      }
      const shell = openShell(filledIn(command), place, { shell: '/bin/bash' })
      let code: number | null | undefined
      void shell.ended.then((ended) => {
        code = ended
      })
      while (code === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        const unread = shell.unread()
        // What was answered is drawn again, with another sign.
        const rest =
          shell.answers() === 0 ? unread : unread.includes('◇') ? unread.slice(unread.lastIndexOf('◇')) : ''
        const [, question] = /◆\s+([^\r\n]+)[\r\n]/.exec(rest) ?? []
        if (question !== undefined) await shell.type(answers(question, shell.screen()))
      }
      const screen = shell.screen()
      publicKey ||= /^([\w-]{43})\r?$/m.exec(screen)?.[1] ?? ''
      return { code, screen }
    },
  }
}

type Company = Awaited<ReturnType<typeof openCompany>>
type Step = string | [command: string, code: number] | ((company: Company) => Promise<unknown>)

/** In an order in which they make sense. What is in no page is said by the test below. */
const DAY: readonly Step[] = [
  'node dist/main.js check',
  ...['acme-mindtickle', 'acme-zoom'].map((tenant) => `identity-mcp probe ${tenant}`),
  ...['acme-netskope', 'acme-gainsight'].map((tenant) => `identity-mcp setup ${tenant} --idp okta`),
  'identity-mcp setup acme-mindtickle --idp entra',
  'identity-mcp list',
  'identity-mcp find ada@example.com',
  'identity-mcp explain ada@example.com',
  'identity-mcp list acme-netskope --match status=inactive --fields email,lastSignInAt',
  'identity-mcp groups acme-netskope Engineering',
  'identity-mcp audit acme-netskope --user ada@example.com --since 2026-03-01',
  'npm run tokens',

  'node dist/main.js approvers add grace',
  'identity-mcp approvers list',
  'node dist/main.js tokens create helpdesk --scopes identity:remove',
  'identity-mcp tokens list',
  'identity-mcp tokens revoke helpdesk',
  'identity-mcp tokens create helpdesk --scopes identity:remove --tenants acme-netskope',
  'identity-mcp tokens revoke helpdesk',
  'identity-mcp tokens create helpdesk --scopes identity:remove --tenants acme-zoom,acme-netskope --expires 90d',

  (company) => company.ask(),
  'identity-mcp approvals',
  'identity-mcp approvals show K7Q2-M9XD-41',
  'identity-mcp approvals deny K7Q2-M9XD-41 --approver grace --reason "Ask HR first"',
  (company) => company.ask(),
  'node dist/main.js approvals approve K7Q2-M9XD-41 --approver grace',
  (company) => company.goOn(),
  'node dist/main.js journal',
  'node dist/main.js journal --person ada@example.com',
  'node dist/main.js journal show ID',
  'node dist/main.js undo 3f9c1b7a20de --dry-run',
  'node dist/main.js undo 3f9c1b7a20de',

  'node dist/main.js journal keygen /keys/anchor.pem',
  'node dist/main.js journal anchor --signing-key /keys/anchor.pem >> /elsewhere/anchors',
  'node dist/main.js journal verify',
  'node dist/main.js journal verify --anchor /elsewhere/anchors --key PUBLIC_KEY',
  // Without the key that the settings name, nobody need trust it.
  'node dist/main.js journal prove K7Q2-M9XD-41 --out proof.json',
  ['node dist/main.js journal prove --check proof.json --key PUBLIC_KEY', 1],
  ['node docs/verify-proof.mjs proof.json PUBLIC_KEY', 1],
  ['python3 docs/verify-proof.py proof.json PUBLIC_KEY', 1],
  'node dist/main.js journal export --format csv',
  'identity-mcp journal export --out "/backup/journal-$(date +%F).jsonl"',

  'identity-mcp deactivate ada@example.com --tenants acme-netskope,acme-gainsight --reason "left the company"',
  'identity-mcp reactivate ada@example.com --tenants acme-netskope --reason "came back"',
  'node dist/main.js offboard leavers.csv --reason "left in May"',
  'node dist/main.js runs',
  'node dist/main.js tasks',
  'node dist/main.js policy explain deactivate_user --tenant acme-netskope',
  'node dist/main.js brake on --tenant acme-netskope --reason "odd changes"',
  'node dist/main.js brake off --approver grace',
  'node dist/main.js limits',

  'node dist/main.js compare --truth acme-okta --out review',
  'identity-mcp compare --truth acme-okta --out compared',
  'identity-mcp audit export acme-netskope --since 2026-01-01 --out netskope.jsonl',
  'identity-mcp audit snapshot acme-gainsight',
  'identity-mcp audit reconcile acme-netskope --since 2026-03-01',
  // Her account in Netskope is active again, and nobody left in that span.
  ['identity-mcp evidence --person ada@example.com --out ada', 1],
  ['identity-mcp evidence --from 2026-01-01 --to 2026-04-01 --out evidence', 2],

  'identity-mcp completion bash > ~/.local/share/bash-completion/completions/identity-mcp',
  'identity-mcp completion fish > ~/.config/fish/completions/identity-mcp.fish',
  'identity-mcp init --remove --yes',
  'cp /var/lib/identity-mcp/journal.head /backup/journal.head',
  'cp /var/lib/identity-mcp/journal*.jsonl /backup/',
  'identity-mcp journal rotate',
  'mv /var/lib/identity-mcp/journal-*.jsonl /archive/',
  'identity-mcp brake on --reason restored',
]

/** A command and its exit code. */
const stepOf = (step: string | [string, number]): [command: string, code: number] =>
  typeof step === 'string' ? [step, 0] : step
const isCommand = (step: Step): step is string | [string, number] => typeof step !== 'function'

test('every command of the pages is run here, or it is said why not', () => {
  const run = DAY.filter(isCommand).map((step) => installed(stepOf(step)[0]))
  const clients = CLIENTS.map(({ name }) => `identity-mcp init --clients ${name}`)
  const known = new Set([...run, ...Object.keys(NOT_RUN), ...clients])
  expect([...COMMANDS].filter(([command]) => !known.has(command))).toEqual([])
  expect([...known].filter((command) => !COMMANDS.has(command))).toEqual([])
})

test.runIf(hasTerminal || process.env.IDENTITY_MCP_FULL === '1')(
  'the commands of the pages do as they stand there what the pages say',
  { timeout: 900_000 },
  async () => {
    await using company = await openCompany()
    for (const step of DAY) {
      if (!isCommand(step)) await step(company)
      else {
        const [command, code] = stepOf(step)
        if (command.startsWith('python3') && noPython) continue
        const ran = await company.run(command)
        expect({ command, code: ran.code }, ran.screen).toEqual({ command, code })
      }
    }
  },
)
