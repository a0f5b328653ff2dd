import type { Io } from '../../app/io.ts'
import { plainText } from '../../text/text.ts'
import type { ConnectField } from '../../vendors/define.ts'
import type { Asking } from '../asking/asking.ts'
import { print, wrap } from '../terminal.ts'
import type { KnownApp } from './apps.ts'
import { tryDraft } from './attempt.ts'
import { answeredIn, type Draft, emptyDraft, slotOf, tenantNameFor, valueAt, withValue } from './draft.ts'
import { keepSecret } from './keep-secrets.ts'
import { tenantsIn, writeTenant } from './settings-file.ts'

/** The answers that were given beforehand, by their places. */
type Given = Readonly<Record<string, string>>

/** Asks what is needed to connect an app, tries it, and writes it down once it works or the person says so. */
export async function connectByAnswers(
  io: Io,
  asking: Asking,
  { file, app, name, given = {} }: { file: string; app: KnownApp; name?: string; given?: Given },
): Promise<void> {
  const known = name === undefined ? undefined : tenantsIn(file)[name]
  let draft = known ? { ...emptyDraft(app), tenant: { ...known } } : emptyDraft(app)
  for (;;) {
    draft = await answers(io, asking, draft, given)
    const tenant = name ?? tenantNameFor(draft, Object.keys(tenantsIn(file)))
    print(io, '', `Asking ${app.title} …`)
    const works = await tryDraft(io, file, tenant, draft)
    const next = works ? 'keep' : await asking.choose('Not all of it works. What now?', NOT_YET)
    if (next === 'drop') return print(io, 'Nothing was written.')
    if (next === 'keep') return keep(io, file, tenant, draft)
  }
}

const NOT_YET = [
  { value: 'again', label: 'Enter it again' },
  { value: 'keep', label: 'Keep it as it is' },
  { value: 'drop', label: 'Leave it out' },
] as const

/** Writes a draft down: secrets to the keychain, the rest to the settings file. */
export function keep(io: Io, file: string, name: string, draft: Draft): void {
  const former = tenantsIn(file)[name] ?? {}
  const tenant = Object.entries(draft.secrets).reduce((tenant, [slot, secret]) => {
    const written = valueAt(former, `tokens.${slot}`)
    const { reference, where } = keepSecret(io, file, {
      name: `${name}.${slot}`,
      secret,
      ...(typeof written === 'string' && { former: written }),
    })
    print(io, ...wrap(io, `The secret ${slot} is kept in ${where}.`, ''))
    return withValue(tenant, `tokens.${slot}`, reference)
  }, draft.tenant)
  writeTenant(file, name, tenant)
  print(io, `Wrote ${name} to ${file}.`)
}

async function answers(io: Io, asking: Asking, begun: Draft, given: Given): Promise<Draft> {
  let draft: Draft = begun
  const { ways } = draft.app
  const titles = ways.map(({ title }) => ({ value: title, label: title }))
  const title = titles.length > 1 ? await asking.choose('What do you have for it?', titles) : titles[0]?.value
  const way = ways.find((one) => one.title === title)
  for (const field of way?.fields ?? []) {
    if (field.made) print(io, ...wrap(io, field.made, '  '))
    draft = await answer(io, asking, { draft, field, given: given[field.at] })
  }
  return draft
}

async function answer(
  io: Io,
  asking: Asking,
  { draft, field, given }: { draft: Draft; field: ConnectField; given: string | undefined },
): Promise<Draft> {
  const result = given === undefined ? undefined : answeredIn(draft, field, given, io)
  if (typeof result === 'object') return result
  if (typeof result === 'string') print(io, `${field.ask}: ${result}`)
  const check = (answer: string) => {
    const result = answeredIn(draft, field, answer, io)
    return typeof result === 'string' ? plainText(result, 300) : undefined
  }
  const former = valueAt(draft.tenant, field.at)
  const initial =
    typeof former === 'string' && field.form !== 'secret' ? former.replace(/^file:/, '') : undefined
  const typed =
    field.form === 'secret'
      ? await asking.hidden(`${field.ask} (${slotOf(field)}; it is not shown)`, check)
      : await asking.text(field.ask, check, initial)
  const settled = answeredIn(draft, field, typed, io)
  if (typeof settled === 'string') throw new TypeError('an answer that was checked is wrong')
  return settled
}
