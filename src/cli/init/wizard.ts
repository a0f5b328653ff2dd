import type { Io } from '../../app/io.ts'
import { SettingsError } from '../../config/problems.ts'
import { plainText } from '../../text/text.ts'
import type { Asking } from '../asking/asking.ts'
import { askingAt } from '../asking/asking-at.ts'
import { print, wrap } from '../terminal.ts'
import { firstApprover } from './approver.ts'
import { appNamed, connectable, type KnownApp, knownApps } from './apps.ts'
import { clientsNamed, registerWith } from './clients.ts'
import { connectByAnswers } from './connect.ts'
import { tenantsIn } from './settings-file.ts'

/** What was said on the command line. */
interface Begun {
  file: string
  app?: KnownApp
  name?: string
  given: Readonly<Record<string, string>>
  clients?: readonly string[]
  approver?: string
}

/** Asks for apps until there are no more, tells the clients of the server, and makes the first approver. */
export async function wizard(io: Io, { file, app, name, given, ...begun }: Begun): Promise<void> {
  const asking = await askingAt(io, cancelled)
  print(
    io,
    ...wrap(io, `The settings go to ${file}. No secret is written there. Ctrl+C ends at any question.`, ''),
  )
  if (app) await connectByAnswers(io, asking, { file, app, given, ...(name !== undefined && { name }) })
  for (let next = app ? await another(asking) : firstOf(file); next !== 'done'; next = await another(asking))
    await add(io, asking, { file, given: next === 'first' ? given : {} })
  if (Object.keys(tenantsIn(file)).length === 0) return print(io, 'No app was connected.')
  await registerWith(io, file, {
    clients: clientsNamed(io, begun.clients),
    chosen: (edits) =>
      asking.several(
        'Tell these clients of the server?',
        edits.map(({ client }) => ({ value: client.name, label: client.title })),
      ),
  })
  const approver = begun.approver ?? io.user
  await firstApprover(io, file, { name: approver, passphrase: () => newPassphrase(asking, approver) })
  print(io, '', 'Done. Ask your assistant: "Find ada@example.com", with somebody of yours.')
}

/** What stands for a cancelled question of `init`. */
export const cancelled = () =>
  new SettingsError('init', ['cancelled; what was written before stays, the rest was not'])

const firstOf = (file: string): 'first' | 'more' =>
  Object.keys(tenantsIn(file)).length === 0 ? 'first' : 'more'

const another = (asking: Asking) =>
  asking.choose('Connect another app?', [
    { value: 'done', label: 'No, that is all' },
    { value: 'more', label: 'Yes' },
  ])

/** Asks which app, or which tenant of the file to mend. */
async function add(
  io: Io,
  asking: Asking,
  { file, given }: { file: string; given: Begun['given'] },
): Promise<void> {
  const tenants = tenantsIn(file)
  const mend = Object.entries(tenants).map(([name, { vendor, app }]) => ({
    value: `=${name}`,
    label: `${plainText(name, 64)}, again`,
    hint: `${plainText(String(app ?? vendor), 64)}: other address or token`,
  }))
  const apps = knownApps()
  const choices = [
    ...mend,
    ...(mend.length > 0 ? [{ value: '', label: 'No app: only clients and approver' }] : []),
    ...apps.map(({ name, title }) => ({ value: name, label: title, hint: name })),
  ]
  const choice = await asking.find('Which app do you want to connect?', choices)
  if (choice === '') return
  const name = choice.startsWith('=') ? choice.slice(1) : undefined
  const app = name === undefined ? apps.find((one) => one.name === choice) : appOf(tenants[name])
  if (!app) return print(io, 'This tenant is written by hand: edit the settings file.')
  await connectByAnswers(io, asking, { file, app, given, ...(name !== undefined && { name }) })
}

function appOf(tenant: Readonly<Record<string, unknown>> = {}): KnownApp | undefined {
  if (typeof tenant.app === 'string') return appNamed(tenant.app)
  const vendor = connectable.find(({ name }) => name === tenant.vendor)
  return vendor && { name: vendor.name, title: vendor.title, vendor, ways: vendor.connect ?? [] }
}

const MIN = 12
async function newPassphrase(asking: Asking, name: string): Promise<string | undefined> {
  const check = (text: string) =>
    text === '' || Array.from(text).length >= MIN
      ? undefined
      : `${MIN} characters or more, or none for later.`
  const first = await asking.hidden(
    `Passphrase with which ${name} approves changes: ${MIN} characters or more, known to no agent (Enter: later)`,
    check,
  )
  if (first === '') return undefined
  await asking.hidden('The same again', (text) => (text === first ? undefined : 'The two differ.'))
  return first
}
