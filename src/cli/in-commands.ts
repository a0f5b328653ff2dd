import type { Io } from '../app/io.ts'

/** The command that does what a tool does, for people who read a text about tools. */
const COMMANDS: Readonly<Record<string, string>> = {
  list_tenants: 'list',
  find_user: 'find',
  list_users: 'list TENANT',
  list_groups: 'groups',
  pull_audit: 'audit show',
  explain_access: 'explain',
  deactivate_user: 'deactivate',
  reactivate_user: 'reactivate',
  undo_change: 'undo',
}

const TOOL_NAME = new RegExp(`\\b(${Object.keys(COMMANDS).join('|')})\\b`, 'g')

/** Our own words for an agent, in which commands stand in place of tools. */
export const inCommands = ({ self }: Pick<Io, 'self'>, text: string): string =>
  text.replace(TOOL_NAME, (name) => `\`${self} ${COMMANDS[name]}\``)
