import type { Io } from '../../app/io.ts'
import { typed } from '../../app/stores.ts'
import { TENANT_NAME } from '../../config/names.ts'
import { SettingsError } from '../../config/problems.ts'
import { SecretReference } from '../../config/reference.ts'
import { plainText } from '../../text/text.ts'
import type { ConnectField, ConnectWay } from '../../vendors/define.ts'
import { BaseUrl } from '../../vendors/define.ts'
import { addressIn, blanksIn } from '../../vendors/scim/profiles/fill-in.ts'
import { sheetOf } from '../../vendors/scim/profiles/sheet.ts'
import { firstLines } from '../prompts.ts'
import { print } from '../terminal.ts'
import { firstApprover } from './approver.ts'
import type { KnownApp } from './apps.ts'
import { tryDraft } from './attempt.ts'
import { clientsNamed, registerWith } from './clients.ts'
import { keep } from './connect.ts'
import { answeredIn, type Draft, emptyDraft, slotOf, withValue } from './draft.ts'
import { pastedAddress } from './pasted.ts'
import { tenantsIn } from './settings-file.ts'

/** What the command line says, where nobody is asked. */
interface Flags {
  file: string
  app: KnownApp
  tenant: string
  given: Readonly<Record<string, string>>
  /** References to secrets, by their slots. */
  tokens: Readonly<Record<string, string>>
  tokenStdin: boolean
  /** Whether to try it and to tell the clients that are found. */
  yes: boolean
  clients?: readonly string[]
  approver?: string
  passphraseStdin: boolean
}

/** Does all that `init` does, by flags alone. Throws `SettingsError`. */
export async function byFlags(io: Io, flags: Flags): Promise<void> {
  const { file, app, tenant, yes } = flags
  const way = wayFor(app, flags)
  const problems = problemsIn(flags, way)
  if (problems.length > 0) throw new SettingsError('init', problems)
  const [lines, passphrase] = await fromStdin(io, flags, way)
  const draft = drafted(io, flags, way, lines)
  if (tenant in tenantsIn(file))
    throw new SettingsError(file, [
      `the tenant ${tenant} already exists and was not changed; init in a terminal mends it`,
    ])
  const missing = variablesOf(draft).filter((name) => !io.env[name])
  const works = yes && missing.length === 0 ? await tryDraft(io, file, tenant, draft) : undefined
  keep(io, file, tenant, draft)
  if (yes || flags.clients) {
    const clients = clientsNamed(io, flags.clients)
    await registerWith(io, file, { clients, chosen: async (edits) => edits.map(({ client }) => client.name) })
  }
  if (passphrase !== undefined)
    await firstApprover(io, file, { name: flags.approver ?? io.user, passphrase: async () => passphrase })
  if (works === false) io.exit(1)
  if (works === undefined) nextSteps(io, file, missing)
}

function nextSteps(io: Io, file: string, missing: readonly string[]): void {
  if (missing.length > 0)
    print(
      io,
      '',
      'Next, set the tokens here and where your MCP client starts the server:',
      ...missing.map((name) => `  export ${name}=…`),
    )
  print(io, '', `Then see what works: ${typed(io, { config: file }, 'check')}`)
}

const variablesOf = ({ tenant }: Draft): string[] =>
  Object.values((tenant.tokens ?? {}) as Record<string, string>).flatMap(
    (reference) => /^env:(.+)$/.exec(reference)?.[1] ?? [],
  )

/** The way whose tokens and values are given; the first by default. */
function wayFor({ ways }: KnownApp, { given, tokens }: Flags): ConnectWay {
  const named = [...Object.keys(given), ...Object.keys(tokens).map((slot) => `tokens.${slot}`)]
  const fits = ({ fields }: ConnectWay) =>
    named.every((at) => at === 'url' || fields.some((field) => field.at === at))
  const way = ways.find(fits) ?? ways[0]
  if (!way) throw new TypeError('an app that cannot be connected')
  return way
}

const isToken = ({ at }: ConnectField): boolean => at.startsWith('tokens.')

function problemsIn({ app, tenant, given, tokens }: Flags, { fields }: ConnectWay): string[] {
  const slots = fields.filter(isToken).map(slotOf)
  const urlIsKnown = !fields.some(({ at }) => at === 'url')
  return [
    ...(TENANT_NAME.test(tenant)
      ? []
      : ['--tenant: letters, digits, dots, dashes and underscores, 63 at most']),
    ...(given.url === undefined && urlIsKnown
      ? []
      : (BaseUrl.safeParse(pastedAddress(given.url ?? '', 'address')).error?.issues.map(
          ({ message }) => `--url: ${message}`,
        ) ?? [])),
    ...problemsOfBlanks(app, given),
    ...fields.flatMap(({ at }) =>
      /^(url$|at\.|tokens\.)/.test(at) || given[at] !== undefined ? [] : [`--set ${at}=…: is needed`],
    ),
    ...Object.entries(tokens).flatMap(([slot, reference]) => [
      ...(slots.includes(slot) ? [] : [`--token: ${plainText(slot, 40)} is none of ${slots.join(', ')}`]),
      ...(SecretReference.safeParse(reference).error?.issues.map(
        ({ message }) => `--token ${slot}: ${message}`,
      ) ?? []),
    ]),
  ]
}

/** Every blank of the address needs a value, unless the whole address is written. */
function problemsOfBlanks({ app: name }: KnownApp, given: Flags['given']): string[] {
  const app = name && sheetOf(name)
  const at = Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (key.startsWith('at.') ? [[key.slice(3), value]] : [])),
  )
  const known = Object.keys(app?.at ?? {})
  const open =
    given.url === undefined && app?.address !== undefined ? blanksIn(addressIn(app.address, at)) : []
  return [
    ...Object.keys(at)
      .filter((blank) => !known.includes(blank))
      .map((blank) => `--at: the address has no blank "${plainText(blank, 64)}"`),
    ...open.map((blank) => {
      const key = blank.slice(1, -1)
      return `--at ${key}=…: is needed, ${app?.at[key] ?? 'and must fit the address'}`
    }),
  ]
}

/** The tokens and the passphrase from standard input, each on a line. */
async function fromStdin(
  io: Io,
  { tokens, tokenStdin, passphraseStdin }: Flags,
  { fields }: ConnectWay,
): Promise<[Record<string, string>, string | undefined]> {
  const slots = tokenStdin
    ? fields
        .filter(isToken)
        .map(slotOf)
        .filter((slot) => !(slot in tokens))
    : []
  const wanted = slots.length + (passphraseStdin ? 1 : 0)
  const lines = wanted > 0 ? await firstLines(io, wanted) : []
  const missing = [...slots, ...(passphraseStdin ? ['the passphrase'] : [])].find((_, at) => !lines[at])
  if (missing !== undefined) throw new SettingsError('init', [`standard input has no line for ${missing}`])
  return [
    Object.fromEntries(slots.map((slot, at) => [slot, lines[at] ?? ''])),
    passphraseStdin ? lines.at(wanted - 1) : undefined,
  ]
}

function drafted(
  io: Io,
  { app, tenant, given, tokens }: Flags,
  { fields }: ConnectWay,
  lines: Record<string, string>,
): Draft {
  const begun = Object.entries(given).reduce(
    (draft, [at, value]) => answered(io, draft, fieldAt(fields, at), value),
    emptyDraft(app),
  )
  return fields.filter(isToken).reduce<Draft>((draft, field) => {
    const slot = slotOf(field)
    const line = lines[slot]
    if (line !== undefined) return answered(io, draft, field, line)
    const reference = tokens[slot] ?? `env:${variableName(tenant, slot)}`
    return referring(draft, field.at, reference)
  }, begun)
}

const referring = (draft: Draft, at: string, reference: string): Draft => ({
  ...draft,
  tenant: withValue(draft.tenant, at, reference),
})

const fieldAt = (fields: readonly ConnectField[], at: string): ConnectField =>
  fields.find((field) => field.at === at) ?? { at, ask: at, form: at === 'url' ? 'address' : 'text' }

function answered(io: Io, draft: Draft, field: ConnectField, value: string): Draft {
  const result = answeredIn(draft, field, value, io)
  if (typeof result === 'string') throw new SettingsError('init', [`${field.at}: ${result}`])
  return result
}

const variableName = (tenant: string, slot: string): string =>
  `${tenant}_${slot}_token`
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_')
