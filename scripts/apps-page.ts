import { APPS } from '../src/vendors/scim/profiles/apps.ts'
import { type AppSheet, sheetOf } from '../src/vendors/scim/profiles/sheet.ts'

const INTRO = [
  '# Apps known by name',
  '',
  'Written by `npm run docs` from the profiles in `src/vendors/scim/profiles/`. A tenant names one of these apps, and what is',
  'known of it is used wherever the settings say nothing:',
  '',
  '```json',
  '{ "vendor": "scim", "app": "slack", "tokens": { "scim": "env:SLACK_TOKEN" } }',
  '```',
  '',
  'Every value is a setting that a tenant can write too, and what a tenant writes wins: if something here is wrong for yours,',
  'say so in the settings file. Objects such as `budget` and `caveats` are merged key by key. `identity-mcp apps NAME` shows',
  'one of these apps in the terminal.',
  '',
  'All of it comes from the public pages and code named under each app, and none of it was tried on a live tenant. Where the',
  'sources do not say what switching off does, a deactivation needs the confirmation of a deletion.',
  '',
]

const DEACTIVATION: Record<AppSheet['deactivate'], string> = {
  reversible: 'can be undone',
  deletes: '**deletes**',
  unsupported: '**not possible**',
  unknown: '–',
}
const DELETION: Record<AppSheet['delete'], string> = {
  hard: 'for good',
  soft: 'kept for a while',
  deactivates: 'deactivates',
  unlinks: 'unlinks',
  unknown: '–',
}

/** The page of all apps known by name. */
export function appsPage(): string {
  const sheets = APPS.map(sheetOf)
  const rows = sheets.map(
    (one) =>
      `| \`${one.app}\` | [${one.title}](#${one.app}) | ${DEACTIVATION[one.deactivate]} | ${DELETION[one.delete]} |`,
  )
  return [
    ...INTRO,
    '| name | app | switching off | deleting |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    ...sheets.flatMap(section),
  ].join('\n')
}

function section({ app, title, address, at, notes, sets, unknown, sources }: AppSheet): string[] {
  const blanks = Object.entries(at).map(([name, means]) => `\`${name}\` is ${means}`)
  return [
    `## ${app}`,
    '',
    `**${title}**`,
    '',
    `- Address: ${address ? `\`${address}\`` : 'the app shows it; write it as `url`'}${blanks.length > 0 ? `; ${blanks.join(', ')}` : ''}`,
    ...notes.map(({ about, text }) => `- ${about}: ${text}`),
    ...Object.entries(sets).map(([name, value]) => `- Setting \`${name}\`: \`${JSON.stringify(value)}\``),
    ...(unknown.length > 0 ? [`- Not known: ${unknown.join(', ')}`] : []),
    `- Sources: ${sources.map((source) => `<${source}>`).join(', ')}`,
    '',
  ]
}
