import { posix, win32 } from 'node:path'

/** The machine, as far as it says where programs keep their settings. */
export interface Machine {
  platform: string
  /** The person's home folder; undefined where they have none. */
  home: string | undefined
  env: Readonly<Record<string, string | undefined>>
}

/** How a client starts this server. */
export interface ServerStart {
  command: string
  args: readonly string[]
  /** Environment variables that hold secrets. */
  variables: readonly string[]
}

/** How one MCP client is told of a server. */
export interface McpClient {
  name: string
  title: string
  /** Its settings file for all projects; undefined where the client is not to be had. */
  file: (machine: Machine) => string | undefined
  /** The commands that it is started by. */
  commands?: readonly string[]
  /** Its name among the applications of macOS. */
  bundle?: string
  /** Another folder of its own in the home folder, which is there before its settings file. */
  folder?: string
  form: 'json' | 'toml'
  /** The property, or table, that holds the servers. */
  servers: string
  /** What describes the server there. */
  entry: (start: ServerStart) => Readonly<Record<string, unknown>>
  /** How the file refers to an environment variable; undefined where it cannot. */
  variable?: (name: string) => string
  /** Another list of the file, of secrets that the client asks for itself. */
  asks?: { list: string; item: (variable: string) => { id: string } }
}

/** Folders in which programs keep settings. */
const pathOf = ({ platform }: Machine) => (platform === 'win32' ? win32 : posix)

function inHome(machine: Machine, ...names: string[]): string | undefined {
  return machine.home && pathOf(machine).join(machine.home, ...names)
}

/** The folder of applications with a window: that of the system. */
function inApplications(machine: Machine, ...names: string[]): string | undefined {
  const { platform, env } = machine
  if (platform === 'win32') return env.APPDATA && win32.join(env.APPDATA, ...names)
  if (platform === 'darwin') return inHome(machine, 'Library', 'Application Support', ...names)
  return inConfig(machine, ...names)
}

/** The folder of the XDG base directory specification. */
const inConfig = (machine: Machine, ...names: string[]): string | undefined =>
  machine.env.XDG_CONFIG_HOME
    ? posix.join(machine.env.XDG_CONFIG_HOME, ...names)
    : inHome(machine, '.config', ...names)

/** The folder that a variable names, else one in the home folder. */
const inOwn = (machine: Machine, variable: string, folder: string, name: string): string | undefined => {
  const own = machine.env[variable]
  return own ? pathOf(machine).join(own, name) : inHome(machine, folder, name)
}

const plain = ({ command, args }: ServerStart) => ({ command, args })
const braces = (name: string) => `\${${name}}`
const bracesEnv = (name: string) => `\${env:${name}}`

/** The known clients. Each has its public source beside it. */
export const CLIENTS: readonly McpClient[] = [
  {
    // modelcontextprotocol.io, "Connect to local MCP servers".
    ...{ name: 'claude-desktop', title: 'Claude Desktop', form: 'json', servers: 'mcpServers', entry: plain },
    file: (machine) => inApplications(machine, 'Claude', 'claude_desktop_config.json'),
    bundle: 'Claude.app',
  },
  {
    // code.claude.com/docs, "Connect Claude Code to tools via MCP": user scope; environment variable expansion.
    ...{ name: 'claude-code', title: 'Claude Code', form: 'json', servers: 'mcpServers', variable: braces },
    file: (machine) =>
      machine.env.CLAUDE_CONFIG_DIR
        ? inOwn(machine, 'CLAUDE_CONFIG_DIR', '', '.claude.json')
        : inHome(machine, '.claude.json'),
    commands: ['claude'],
    folder: '.claude',
    entry: (start) => ({ type: 'stdio', ...plain(start) }),
  },
  {
    // code.visualstudio.com/docs, "MCP configuration reference": `mcp.json` of the user profile.
    ...{ name: 'vscode', title: 'VS Code', form: 'json', servers: 'servers' },
    file: (machine) => inApplications(machine, 'Code', 'User', 'mcp.json'),
    ...{ commands: ['code'], bundle: 'Visual Studio Code.app' },
    entry: (start) => ({ type: 'stdio', ...plain(start) }),
    variable: (name) => `\${input:identity-${name}}`,
    asks: {
      list: 'inputs',
      item: (name) => ({
        id: `identity-${name}`,
        ...{ type: 'promptString', description: `${name} of identity-mcp`, password: true },
      }),
    },
  },
  {
    // cursor.com/docs, "Model Context Protocol": config interpolation.
    ...{
      name: 'cursor',
      title: 'Cursor',
      form: 'json',
      servers: 'mcpServers',
      entry: plain,
      variable: bracesEnv,
    },
    file: (machine) => inHome(machine, '.cursor', 'mcp.json'),
    ...{ commands: ['cursor', 'cursor-agent'], bundle: 'Cursor.app' },
  },
  {
    // docs.windsurf.com, "Cascade MCP integration".
    ...{ name: 'windsurf', title: 'Windsurf', form: 'json', servers: 'mcpServers', entry: plain },
    variable: bracesEnv,
    file: (machine) => inHome(machine, '.codeium', 'windsurf', 'mcp_config.json'),
    ...{ commands: ['windsurf'], bundle: 'Windsurf.app' },
  },
  {
    // google-gemini/gemini-cli, docs/tools/mcp-server.md.
    ...{ name: 'gemini', title: 'Gemini CLI', form: 'json', servers: 'mcpServers', entry: plain },
    variable: (name) => `$${name}`,
    file: (machine) => inHome(machine, '.gemini', 'settings.json'),
    commands: ['gemini'],
  },
  {
    // openai/codex, docs/config.md: `env_vars` are passed on.
    ...{ name: 'codex', title: 'Codex', form: 'toml', servers: 'mcp_servers' },
    file: (machine) => inOwn(machine, 'CODEX_HOME', '.codex', 'config.toml'),
    commands: ['codex'],
    entry: (start) => ({
      ...plain(start),
      env_vars: start.variables.length > 0 ? start.variables : undefined,
    }),
  },
  {
    // zed.dev/docs/ai/mcp, "As custom servers".
    ...{ name: 'zed', title: 'Zed', form: 'json', servers: 'context_servers' },
    file: (machine) =>
      machine.platform === 'win32'
        ? inApplications(machine, 'Zed', 'settings.json')
        : inConfig(machine, 'zed', 'settings.json'),
    // Its command is no sign: the event daemon of ZFS is a `zed`, too.
    ...{ commands: ['zeditor'], bundle: 'Zed.app', folder: '.local/zed.app' },
    // Releases before 2025-11 tell servers of extensions and others apart by it.
    entry: (start) => ({ source: 'custom', ...plain(start) }),
  },
  {
    // docs.github.com, "Using GitHub Copilot CLI"; github/docs pull 41226 for the folder.
    ...{ name: 'copilot', title: 'Copilot CLI', form: 'json', servers: 'mcpServers', variable: braces },
    file: (machine) => inOwn(machine, 'COPILOT_HOME', '.copilot', 'mcp-config.json'),
    commands: ['copilot'],
    entry: (start) => ({ type: 'local', ...plain(start), tools: ['*'] }),
  },
]
