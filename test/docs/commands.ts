import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './programs.ts'

/** The pages of this repository. */
export const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')

/** The command lines of a page, as they stand in its blocks of shell, without the comments behind them. */
const commandsIn = (page: string): string[] =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', '').split('\n'))
    .map((line) => line.replace(/\s+#\s.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))

/** From a checkout, and as it is installed, the program has two names. */
export const installed = (command: string): string => command.replace(/^node dist\/main\.js/, 'identity-mcp')

/** Every command of every page, once, with a page that has it. */
export const COMMANDS: ReadonlyMap<string, string> = new Map(
  PAGES.flatMap((page) => commandsIn(page).map((command) => [installed(command), page] as const)),
)

const BY_CI = '.ci/run runs it'
const ELSEWHERE = 'it asks a real address'

const IN_REDIS = 'it is for a journal in Redis; test/journal/redis-segments.test.ts runs it'

/** The commands that are not run here, and why. */
export const NOT_RUN: Record<string, string> = {
  'git clone https://github.com/identity-mcp-server/identity-mcp-server.git': ELSEWHERE,
  'cd identity-mcp-server': 'goes with the clone',
  'npm ci': BY_CI,
  'npm run demo': 'test/cli/demo.test.ts runs it',
  'npm test': BY_CI,
  'npm run check': 'it runs this test',
  'npm run docs': BY_CI,
  'npm run demo:record': 'it runs the demo, and changes the picture',
  'npm run bench': 'it takes forty minutes',
  'npm run bench -- --only overhead,start': 'its figures need a machine that does nothing else',
  'npm run package': BY_CI,
  'npm run mcpb': BY_CI,
  'npm run conformance': BY_CI,
  '.ci/run': 'it runs this test',
  'npx vitest run test/guards': 'it runs tests, as this is one',
  'npx vitest run test/tools -u': 'it changes files of this repository',
  'identity-mcp init': 'test/front-door/init.test.ts runs it at a terminal, with simulated apps',
  'printf \'%s\\n\' "$TOKEN" | identity-mcp init --yes --vendor netskope --tenant acme-netskope --url acme.goskope.com --token-stdin':
    ELSEWHERE,
  'identity-mcp init --yes --app slack --tenant acme-slack --token scim=env:SLACK_TOKEN --clients none':
    ELSEWHERE,
  'identity-mcp audit export acme-netskope --since 2026-01-01 --to https://splunk.example/collector --kind hec --token env:HEC':
    'it sends to a real address; test/front-door/audit-export.test.ts sends to a simulated one',
  'identity-mcp serve --http': 'it serves until it is stopped; test/front-door/http.test.ts',
  'identity-mcp serve --http [--host 127.0.0.1] [--port 3910]': 'the brackets are no part of it',
  'identity-mcp audit follow acme-netskope --format ocsf':
    'it follows until it is stopped; test/front-door/audit-export.test.ts',
  'IDENTITY_MCP_URL=http://127.0.0.1:3910/mcp IDENTITY_MCP_TOKEN=… python3 bot.py ada@example.com HR-4711 acme-netskope':
    'test/docs/helpdesk-bots.test.ts runs the bot',
  'identity-mcp journal archive /archive': IN_REDIS,
  'identity-mcp journal restore /archive/journal-000000001-000120000.jsonl': IN_REDIS,
  'identity-mcp completion zsh > "${fpath[1]}/_identity-mcp"': 'the variable is one of zsh',
  'sqlite3 /var/lib/identity-mcp/state/store.db ".backup \'/backup/store.db\'"':
    'it needs the program sqlite3',
}
