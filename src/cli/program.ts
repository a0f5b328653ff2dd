import { type Command, InvalidArgumentError, Option } from 'commander'
import pkg from '../../package.json' with { type: 'json' }
import type { LinkedPage } from '../app/approval-links.ts'
import { composeServer } from '../app/compose.ts'
import type { Io } from '../app/io.ts'
import { serve } from '../app/serve-stdio.ts'
import { type CommonOptions, openDataFolder } from '../app/stores.ts'
import { SCOPES, type Scope } from '../domain/scopes.ts'
import { sentencesTo } from '../log.ts'
import { allowCommand } from './allow.ts'
import { approvalsCommand } from './approvals.ts'
import { approversCommand } from './approvers.ts'
import { appsCommand } from './apps.ts'
import { askForMissing } from './ask-missing.ts'
import { auditCommand } from './audit.ts'
import { brakeCommand } from './brake.ts'
import { checkCommand } from './check.ts'
import { compareCommand } from './compare.ts'
import { completionCommand } from './completion.ts'
import { demoCommand } from './demo.ts'
import { evidenceCommand } from './evidence.ts'
import { explainCommand } from './explain.ts'
import { findCommand } from './find.ts'
import { groupsCommand } from './groups.ts'
import { initCommand } from './init.ts'
import { journalCommand } from './journal.ts'
import { limitsCommand } from './limits.ts'
import { listCommand } from './list.ts'
import { offboardCommand } from './offboard.ts'
import { policyCommand } from './policy.ts'
import { probeCommand } from './probe.ts'
import { runsCommand } from './runs.ts'
import { sandboxCommand } from './sandbox.ts'
import { serveCommand } from './serve.ts'
import { setupCommand } from './setup.ts'
import { switchCommand } from './switch-account.ts'
import { tasksCommand } from './tasks.ts'
import { newCommand, print } from './terminal.ts'
import { tokensCommand } from './tokens.ts'
import { toolsCommand } from './tools.ts'
import { undoCommand } from './undo.ts'
import { refuseUnknownWords } from './unknown-word.ts'

const NO_PAGE: LinkedPage = { link: async () => undefined, close: async () => {} }

const DEACTIVATE = {
  name: 'deactivate',
  tool: 'deactivate_user',
  description: 'Take the access of a person in the apps that you name',
}
const REACTIVATE = {
  name: 'reactivate',
  tool: 'reactivate_user',
  description: 'Give a person back the access that was taken in the apps that you name',
}

/** The command line. Without a command, it serves over stdio. */
export function program(io: Io): Command {
  // Whoever asked for the log gets it; for others, lines of JSON between those for people would only hide what they say.
  const log = io.env.IDENTITY_MCP_LOG ? {} : { log: sentencesTo(io.stderr) }
  // A page of this process would be gone before anybody opened it.
  const start = (options: CommonOptions) => composeServer(io, options, { ...log, openPage: () => NO_PAGE })
  const data = (command: Command) => openDataFolder(io, command)
  const root = newCommand(io, 'identity-mcp', pkg.description)
    .version(pkg.version)
    .option(
      '--config <file>',
      'settings file (default: IDENTITY_MCP_CONFIG, ./identity-mcp.json, the user’s own)',
    )
    .option('--read-only', 'offer only tools that read')
    .addOption(
      new Option(
        '--tools <groups>',
        'serve only these: read (look up, list, check), audit (logs), write (add and change; with read), remove ' +
          '(take away; with write); several with commas',
      ).argParser(toolGroups),
    )
    .option('--sandbox', 'use simulated apps in this process; needs no settings')
    // Runs only for option spellings that `servingOptions` leaves to this parser.
    .action((options: CommonOptions) => serve(io, options))
    .addCommand(serveCommand(io))
    .addCommand(initCommand(io))
    .addCommand(allowCommand(io))
    .addCommand(checkCommand(io, start))
    .addCommand(setupCommand(io))
    .addCommand(probeCommand(io, start))
    .addCommand(findCommand(io, start, data))
    .addCommand(listCommand(io, start, data))
    .addCommand(groupsCommand(io, start, data))
    .addCommand(explainCommand(io, start, data))
    .addCommand(switchCommand(io, start, data, DEACTIVATE))
    .addCommand(switchCommand(io, start, data, REACTIVATE))
    .addCommand(approvalsCommand(io, data))
    .addCommand(approversCommand(io, data))
    .addCommand(brakeCommand(io, data))
    .addCommand(limitsCommand(io, data))
    .addCommand(policyCommand(io))
    .addCommand(journalCommand(io, data))
    .addCommand(undoCommand(io, start, data))
    .addCommand(offboardCommand(io, start, data))
    .addCommand(runsCommand(io, start, data))
    .addCommand(tasksCommand(io, data))
    .addCommand(auditCommand(io, start, data))
    .addCommand(compareCommand(io, start, data))
    .addCommand(evidenceCommand(io, start, data))
    .addCommand(tokensCommand(io, data))
    .addCommand(toolsCommand(io))
    .addCommand(appsCommand(io))
    .addCommand(sandboxCommand(io))
    .addCommand(demoCommand(io))
    .addCommand(completionCommand(io))
    .addCommand(newCommand(io, 'version', 'Print the version').action(() => print(io, pkg.version)))
    .helpCommand('help [command]', 'Show the help of a command')
  refuseUnknownWords(root)
  askForMissing(io, root)
  return root
}

/** The groups of tools are the scopes: `read,audit` → `identity:read`, `identity:audit`. */
function toolGroups(text: string): Scope[] {
  const groups = text.split(',').map((word) => `identity:${word.trim()}`)
  const scopes = SCOPES.filter((scope) => groups.includes(scope))
  if (scopes.length > 0 && groups.every((group) => SCOPES.some((scope) => scope === group))) return scopes
  throw new InvalidArgumentError('The groups are read, audit, write and remove.')
}
