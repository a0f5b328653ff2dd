import { Argument, type Command } from 'commander'
import type { Io } from '../app/io.ts'
import { newCommand } from './terminal.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** Where each shell looks for the script, for the help. */
const INSTALL = `
Install it once:
  bash   identity-mcp completion bash > ~/.local/share/bash-completion/completions/identity-mcp
  zsh    identity-mcp completion zsh > "\${fpath[1]}/_identity-mcp"
  fish   identity-mcp completion fish > ~/.config/fish/completions/identity-mcp.fish
`

/** `identity-mcp completion SHELL`: prints a script that completes command lines. */
export const completionCommand = (io: Io): Command =>
  newCommand(io, 'completion', 'Print a script by which a shell completes commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', INSTALL)
    .action(async (shell: Shell, _: object, command: Command) => {
      const { completionScript } = await import('./completion/script.ts')
      io.stdout.write(completionScript[shell](command.parent ?? command))
    })
