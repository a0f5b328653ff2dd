import type { Command } from 'commander'
import type { Io } from '../app/io.ts'
import { plainText } from '../text/text.ts'
import { APPS } from '../vendors/scim/profiles/apps.ts'
import { isAppName } from '../vendors/scim/profiles/index.ts'
import { nearApps } from '../vendors/scim/profiles/near.ts'
import { type AppSheet, sheetOf } from '../vendors/scim/profiles/sheet.ts'
import { table } from './table.ts'
import { newCommand, paint, print, toJson, wrap } from './terminal.ts'

/** `identity-mcp apps [NAME]`: the apps that a tenant can name, and what is known of one. */
export const appsCommand = (io: Io): Command =>
  newCommand(io, 'apps', 'List the apps that settings can name, or show what is known of one')
    .argument('[name]', 'name of an app, such as slack')
    .option('--json', 'as JSON')
    .action((name: string | undefined, { json }: { json?: boolean }) => {
      if (name === undefined) {
        const sheets = APPS.map(sheetOf)
        return print(io, ...(json ? [toJson(sheets, 2)] : listed(io, sheets)))
      }
      if (!isAppName(name)) {
        const near = nearApps(name)
        const hint =
          near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ' Without a name, all are listed.'
        io.stderr.write(`No app "${plainText(name, 64)}" is known.${hint}\n`)
        return io.exit(2)
      }
      const sheet = sheetOf(name)
      if (json) print(io, toJson(sheet, 2))
      else showSheet(io, sheet)
    })

const SWITCHED_OFF: Record<AppSheet['deactivate'], string> = {
  reversible: 'can be undone',
  deletes: 'DELETES',
  unsupported: 'NOT POSSIBLE',
  unknown: 'not known',
}

const listed = (io: Io, sheets: readonly AppSheet[]): string[] =>
  table(io, [
    ['NAME', 'APP', 'SWITCHING OFF', 'ADDRESS'],
    ...sheets.map(({ app, title, deactivate, address }) => [
      { text: app, style: 'bold' as const },
      title,
      SWITCHED_OFF[deactivate],
      address ?? 'the app shows it',
    ]),
  ])

function showSheet(io: Io, { app, title, tenant, at, notes, sets, unknown, sources }: AppSheet): void {
  print(io, `${paint(io, 'bold', title)} (${app})`, '', 'Settings of a tenant:', toJson(tenant, 2), '')
  for (const [name, means] of Object.entries(at)) print(io, ...wrap(io, `<${name}>: ${means}`, '  '))
  for (const { about, text } of notes) print(io, ...wrap(io, `${about}: ${text}`, ''))
  if (Object.keys(sets).length > 0) print(io, '', 'It also sets, unless the tenant does:', toJson(sets, 2))
  print(
    io,
    '',
    ...wrap(io, `Not known: ${unknown.join(', ') || 'nothing of what is asked'}.`, ''),
    '',
    'Sources:',
  )
  // Never wrap an address: people copy it.
  for (const source of sources) print(io, `  ${source}`)
}
