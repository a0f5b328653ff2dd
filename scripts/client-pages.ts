import { CLIENTS, type Machine, type McpClient, type ServerStart } from '../src/clients/clients.ts'
import { registering } from '../src/clients/register.ts'
import foreign from '../test/foreign/clients/package.json' with { type: 'json' }

/** What is publicly known of how a client lets a person answer a server. */
interface Asking {
  /** A form in the chat, and a link that the client opens: both are MCP elicitation. */
  form: 'yes' | 'no' | 'unknown'
  link: 'yes' | 'no' | 'unknown'
  /** What a person should know besides. */
  note?: string
  sources: readonly string[]
}

const ASKING: Record<string, Asking> = {
  'claude-desktop': {
    form: 'no',
    link: 'no',
    sources: [
      'https://github.com/anthropics/claude-code/issues/96043',
      'https://github.com/anthropics/claude-ai-mcp/issues/153',
    ],
  },
  'claude-code': {
    form: 'yes',
    link: 'no',
    note:
      'Where another program drives Claude Code, such as its extension for VS Code, forms may be declined before anybody ' +
      'sees them. Set `confirm.declined` to `approve` there: a declined form then leads to a request for approval.',
    sources: [
      'https://github.com/laravel/mcp/pull/190',
      'https://github.com/anthropics/claude-code/issues/79174',
      'https://github.com/anthropics/claude-code/issues/89858',
    ],
  },
  vscode: {
    form: 'yes',
    link: 'yes',
    sources: [
      'https://code.visualstudio.com/updates/v1_102',
      'https://github.com/microsoft/vscode/pull/277253',
    ],
  },
  cursor: { form: 'yes', link: 'unknown', sources: ['https://cursor.com/docs/mcp'] },
  windsurf: { form: 'unknown', link: 'unknown', sources: [] },
  gemini: {
    form: 'no',
    link: 'no',
    note: 'In a folder that it does not trust, Gemini CLI starts no server: trust the folder when it asks.',
    sources: ['https://github.com/google-gemini/gemini-cli/issues/28074'],
  },
  codex: {
    form: 'yes',
    link: 'no',
    note: 'It shows the box to tick of our form; links are behind a setting that is under development.',
    sources: ['https://github.com/laravel/mcp/pull/190', 'https://github.com/openai/codex/issues/29344'],
  },
  zed: { form: 'unknown', link: 'unknown', sources: [] },
  copilot: {
    form: 'yes',
    link: 'unknown',
    note: 'In its interactive mode. The desktop app of Copilot does not declare it.',
    sources: ['https://github.com/github/app/issues/1001'],
  },
}

const versions = foreign.dependencies

/** What was tried with a client itself: `test/foreign/clients.test.ts`. */
const TRIED: Record<string, { version: string; came: string; isStarted: boolean }> = {
  'claude-code': {
    version: versions['@anthropic-ai/claude-code'],
    came: 'starts the server and connects (`claude mcp list`)',
    isStarted: true,
  },
  gemini: {
    version: versions['@google/gemini-cli'],
    came: 'starts the server and connects, in a folder that is trusted (`gemini mcp list`)',
    isStarted: true,
  },
  codex: {
    version: versions['@openai/codex'],
    came: 'starts the server and lists its tools (`codex app-server`)',
    isStarted: true,
  },
  copilot: {
    version: versions['@github/copilot'],
    came: 'reads the entry (`copilot mcp get identity`). Without an account it starts no server',
    isStarted: false,
  },
}

const SYSTEMS: readonly [title: string, machine: Machine][] = [
  ['macOS', { platform: 'darwin', home: '~', env: {} }],
  ['Linux', { platform: 'linux', home: '~', env: {} }],
  ['Windows', { platform: 'win32', home: '%USERPROFILE%', env: { APPDATA: '%APPDATA%' } }],
]

/** The variables that move the file elsewhere. */
const MOVED: Record<string, string> = {
  'claude-code': 'CLAUDE_CONFIG_DIR',
  codex: 'CODEX_HOME',
  copilot: 'COPILOT_HOME',
}

const START: ServerStart = {
  command: 'npx',
  args: ['-y', 'identity-mcp-server', '--config', '/path/to/identity-mcp.json'],
  variables: [],
}

/** What `init` writes into the file of a client that has none yet. */
function written(client: McpClient, variables: readonly string[]): string {
  const edit = registering({ client, file: '/nowhere/settings' }, { ...START, variables })
  if ('why' in edit) throw new Error(`${client.name}: ${edit.why}`)
  return edit.after.trimEnd()
}

const block = (form: string, text: string): string[] => [`\`\`\`${form}`, text, '```']
const row = (...cells: string[]) => `| ${cells.join(' | ')} |`
const askingOf = ({ name }: McpClient): Asking => {
  const asking = ASKING[name]
  if (!asking) throw new Error(`Nothing is said of how ${name} asks a person.`)
  return asking
}

const VARIABLE = 'NETSKOPE_SCIM_TOKEN'

function secrets(client: McpClient): string[] {
  const how = `The settings refer to secrets, and \`init\` keeps them in the keychain of the operating system: then the client has
nothing to pass on.`
  if (!client.variable && client.form !== 'toml')
    return [
      how,
      `${client.title} cannot name environment variables, so use \`keychain:\` or \`file:\` references.`,
    ]
  return [
    how,
    `If a secret is in an environment variable (\`env:${VARIABLE}\`), the entry names it${client.asks ? `, and ${client.title} asks for it once` : ''}:`,
    '',
    ...block(client.form, written(client, [VARIABLE])),
  ]
}

function tried({ name, title }: McpClient): string[] {
  const { version, came } = TRIED[name] ?? {}
  return version
    ? [
        `Every night ${title} ${version}, registered by \`init\`, ${came}. Forms need a model and were not tried.`,
        '',
      ]
    : [`${title} itself is not started by our tests.`, '']
}

function agreeing(client: McpClient): string[] {
  const { form, link, note, sources } = askingOf(client)
  const first = {
    yes: `${client.title} shows a form: the plan of the change, and a box to tick. Where the settings ask for an approver, the call answers \`approval_required\` instead.`,
    no: `${client.title} shows no forms. The call answers \`approval_required\`, with the address of a page on this machine.`,
    unknown: `Whether ${client.title} shows forms is not known to us. Without them the call answers \`approval_required\`, with the address of a page on this machine.`,
  }[form]
  const second =
    link === 'yes'
      ? ' It also opens the approval page by itself, and the call continues once you have decided.'
      : ''
  return [
    first + second,
    'You decide on that page, or in a terminal, with a passphrase; then the agent repeats its call:',
    '',
    ...block('sh', 'identity-mcp approvals'),
    '',
    ...(note ? [note, ''] : []),
    ...tried(client),
    sources.length > 0
      ? `What is said of forms and links is from public sources, not tried here: ${sources.map((one) => `<${one}>`).join(', ')}.`
      : 'We know of no public source, and have not tried it.',
  ]
}

function page(client: McpClient): string {
  const files = SYSTEMS.map(([system, machine]) => row(system, `\`${client.file(machine)}\``))
  const moved = MOVED[client.name]
  return [
    `# ${client.title}`,
    '',
    'Written by `npm run docs`. [All clients](../clients.md).',
    '',
    ...block('sh', `identity-mcp init --clients ${client.name}`),
    '',
    `asks which apps there are, and tells ${client.title} of the server: it shows what it would change in the settings file, and`,
    'changes it once you agree. Restart the client afterwards. `identity-mcp init --remove` takes it out again.',
    '',
    '## By hand',
    '',
    row('system', 'file'),
    row('---', '---'),
    ...files,
    '',
    ...(moved ? [`If \`${moved}\` is set, the file is in that folder.`, ''] : []),
    ...block(client.form, written(client, [])),
    '',
    'From a checkout, the command is `node` with `/path/to/identity-mcp/dist/main.js` in place of the first two arguments.',
    '',
    '## Secrets',
    '',
    ...secrets(client),
    '',
    '## How you say yes',
    '',
    ...agreeing(client),
    '',
  ].join('\n')
}

/** One page for each client. */
export const clientPages = (): Record<string, string> =>
  Object.fromEntries(CLIENTS.map((client) => [`docs/clients/${client.name}.md`, page(client)]))

const WORDS = { yes: 'yes', no: '–', unknown: '?' }

/** The clients against the ways in which a person can agree. */
const table = (): string =>
  [
    row('client', 'started', 'form in the chat', 'link from the chat', 'approval page', 'terminal'),
    row('---', '---', '---', '---', '---', '---'),
    ...CLIENTS.map((client) => {
      const { form, link } = askingOf(client)
      const { version, isStarted } = TRIED[client.name] ?? {}
      const started = isStarted ? `${version}` : WORDS.no
      const page = `[${client.title}](clients/${client.name}.md)`
      return row(page, started, WORDS[form], WORDS[link], 'yes', 'yes')
    }),
  ].join('\n')

/** Each client in three lines, for the README. */
const inShort = (): string =>
  CLIENTS.flatMap((client) => {
    const { form, link } = askingOf(client)
    const [[system, machine] = []] = SYSTEMS
    const yes = [
      form === 'yes' && 'in a form in the chat',
      link === 'yes' && 'on the page that it opens',
      'on the approval page',
      'in a terminal',
    ]
    const ways = yes.filter((one) => one !== false)
    return [
      `- **[${client.title}](docs/clients/${client.name}.md)**: \`node dist/main.js init --clients ${client.name}\``,
      `  puts it into \`${machine && client.file(machine)}\` (${system}), under \`${client.servers}\`.`,
      `  You say yes ${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}.`,
    ]
  }).join('\n')

const BEGIN = '<!-- Written by `npm run docs` until the next such line. -->'
const END = '<!-- End of what `npm run docs` writes. -->'

function between(page: string, text: string): string {
  const [before, rest] = page.split(BEGIN)
  const [, after] = rest?.split(END) ?? []
  if (after === undefined) throw new Error('A page has no place for what is written into it.')
  return `${before}${BEGIN}\n\n${text}\n\n${END}${after}`
}

/** The overview, with its table brought up to date. */
export const clientsOverview = (page: string): string => between(page, table())

/** The README, with its list of clients brought up to date. */
export const readmeWithClients = (page: string): string => between(page, inShort())
