// Generates the tool and settings reference, the pages of helpdesk and clients, and the plugin's skills from the code; with --check, fails if it is out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as z from 'zod'
import { SecretReference } from '../src/config/reference.ts'
import { settingsSchema } from '../src/config/schema.ts'
import { ERROR_CODES } from '../src/errors.ts'
import { skillPages } from '../src/mcp/skill-pages.ts'
import { tools } from '../src/tools/index.ts'
import { toWire } from '../src/tools/to-wire.ts'
import { vendors } from '../src/vendors/index.ts'
import { APPS } from '../src/vendors/scim/profiles/apps.ts'
import { helpdeskPage } from '../test/helpdesk/page.ts'
import { appsPage } from './apps-page.ts'
import { clientPages, clientsOverview, readmeWithClients } from './client-pages.ts'

type Schema = z.core.JSONSchema.JSONSchema

// The docs need only the text form of a secret.
const TextSecret = SecretReference as never
const settings = settingsSchema(vendors, { Secret: TextSecret, SecretText: TextSecret })
const editorSchema = z.toJSONSchema(settings, { io: 'input' }) as Schema
completeApps(editorSchema)

const code = (text: string) => `\`${text}\``
const row = (...cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  // A page of its own has them.
  if (schema.enum?.includes(APPS[0])) return '[a name](apps.md)'
  if (schema.enum) return schema.enum.map((value) => code(String(value))).join(', ')
  if (schema.anyOf) return (schema.anyOf as Schema[]).map(typeOf).join(' or ')
  if (schema.type === 'array') return `list of ${typeOf((schema.items ?? {}) as Schema)}`
  return String(schema.type ?? 'object')
}

/** Lets editors complete the names of known apps, which the server reads only when a tenant names one. */
function completeApps(schema: Schema): void {
  for (const kind of tenantKinds(schema)) {
    const app = kind.properties?.app as Schema | undefined
    if (app) app.enum = [...APPS]
  }
}

function tenantKinds(schema: Schema): Schema[] {
  const { tenants } = schema.properties as Record<string, Schema>
  return ((tenants?.additionalProperties as Schema | undefined)?.oneOf ?? []) as Schema[]
}

/** Every field under its dotted name, in the order of the schema. */
function fields(schema: Schema, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const of = field as Schema
    const at = prefix + name
    const optional = schema.required?.includes(name) || of.default !== undefined ? '' : '?'
    const defaultValue =
      of.default === undefined || typeof of.default === 'object' ? '' : code(JSON.stringify(of.default))
    const held = (of.type === 'array' ? of.items : of) as Schema
    const inner = (held.anyOf as Schema[] | undefined)?.find(({ type }) => type === 'object') ?? held
    return [
      row(code(at + optional), typeOf(of), defaultValue, of.description ?? ''),
      ...fields(inner, of.type === 'array' ? `${at}[].` : `${at}.`),
    ]
  })
}

const table = (schema: Schema) => {
  const rows = fields(schema)
  return rows.length === 0
    ? ['Nothing.']
    : [row('field', 'type', 'default', 'meaning'), row('---', '---', '---', '---'), ...rows]
}

const toolsPage = [
  '# Tools',
  '',
  'Written by `npm run docs` from the code. `tools/list` sends the inputs whole and of the outputs that they are objects, since',
  'every byte of it is paid for by every agent; this page has all of it. An object without named fields is listed as a text,',
  'which is read as JSON.',
  '',
  'Arguments are read in any spelling: what may be left out may also be `null` or `""`, a list or an object may be JSON text,',
  'and what n8n and Cursor add by themselves (`toolCallId`, `sessionId`, `chatInput`, `random_string`) is left out. Whatever',
  'else is not declared is refused, with the names of what there is.',
  '',
  'No answer of a tool that reads is longer than 8 kB. What does not fit waits behind `nextCursor`, which goes on after the last',
  'row shown; until then `complete` is `false`, but for `compare_users`, whose `complete` is about the lists that were compared.',
  '`explain_access` shows fewer groups, changes and accounts, and counts the others. What many rows have in common is said once,',
  'in `shared`. `list_tenants` names every tenant at once, in about 80 bytes each where there are many. An answer of a change',
  'is never cut.',
  '',
  'An answer that holds text written in an app begins with `untrusted`, which names the fields that do: people write them,',
  'some of them about themselves, and nothing in them is an instruction. Such text is made plain and short, and an account',
  'or group whose name is not what it looks like says so in `caution`.',
  '',
  ...tools.flatMap((tool) => [
    `## ${tool.name}`,
    '',
    tool.description,
    '',
    `Effect: ${code(tool.effect)}. ${Buffer.byteLength(JSON.stringify(toWire(tool)))} bytes of ${code('tools/list')}.`,
    '',
    '**Input**',
    '',
    ...table(z.toJSONSchema(tool.input(), { io: 'input' }) as Schema),
    '',
    '**Output**',
    '',
    ...table(z.toJSONSchema(tool.output(), { io: 'output' }) as Schema),
    '',
  ]),
  '## Errors',
  '',
  'An error is a result with `isError: true` whose text is',
  '`{"error": {code, message, hint, retryable, retryAt?, tenant?, candidates?, reference?}}`. The codes:',
  '',
  `${ERROR_CODES.map(code).join(', ')}.`,
  '',
].join('\n')

const { tenants: _, ...others } = editorSchema.properties as Record<string, Schema>
const kinds = tenantKinds(editorSchema)
const settingsPage = [
  '# Settings',
  '',
  'Written by `npm run docs` from the code. `settings.schema.json` beside this page is the same for editors:',
  'name it as `$schema` in the settings file. Unknown keys are refused by name.',
  'Where a tenant of `vendor: scim` names its `app`, what is known of that app comes before the defaults below, and what the tenant',
  'says comes before both.',
  '',
  ...table({ ...editorSchema, properties: others } as Schema),
  '',
  '## Tenants',
  '',
  '`tenants` holds the connected workspaces, each under a name of your choosing.',
  '',
  ...kinds.flatMap((kind, index) => [`### ${vendors[index]?.title}`, '', ...table(kind), '']),
].join('\n')

/** The skills that the server serves, as those of the plugin. */
const skills = Object.fromEntries(
  skillPages.map(({ name, text }) => [`plugin/skills/${name}/SKILL.md`, text]),
)

const pages = {
  ...skills,
  'docs/tools.md': toolsPage,
  'docs/settings.md': settingsPage,
  'docs/apps.md': appsPage(),
  'docs/helpdesk.md': helpdeskPage(),
  ...clientPages(),
  'README.md': readmeWithClients(readFileSync('README.md', 'utf8')),
  'docs/clients.md': clientsOverview(readFileSync('docs/clients.md', 'utf8')),
  'docs/settings.schema.json': `${JSON.stringify(editorSchema, null, 2)}\n`,
}
const stale = Object.entries(pages).filter(([file, text]) => {
  try {
    return readFileSync(file, 'utf8') !== text
  } catch {
    return true
  }
})
if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    process.stderr.write(`Out of date: ${stale.map(([file]) => file).join(', ')}. Run npm run docs.\n`)
    process.exitCode = 1
  }
} else {
  for (const [file, text] of stale) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
