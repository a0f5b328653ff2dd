import * as z from 'zod'
import { Account } from '../domain/account.ts'
import { type FieldValue, flat, sameValue, unflat } from '../domain/field-diff.ts'
import type { FullAccount } from '../domain/operations.ts'
import { accessWeights, privilegesIn } from '../domain/privilege.ts'
import { named } from '../domain/quoting.ts'
import { sameUserName } from '../domain/same.ts'
import { namesSecret } from '../text/text.ts'
import { accountSummary, agentAlteration } from './briefed.ts'
import { defineChange } from './define.ts'
import { fieldsHeadline } from './field-labels.ts'
import { changedTo, newNamesIn, readFieldsBack } from './fields.ts'
import { accountIn } from './image.ts'
import {
  CHANGED_AGAIN,
  CHANGED_SINCE,
  leftAlone,
  NOT_SHOWN,
  nothingRestored,
  type PastChange,
  RENAMED,
  type Reversal,
  touchedSince,
} from './inverse.ts'
import { besidesFields, sideEffects } from './side-effects.ts'
import { GIVES_BACK, takesAccess } from './status.ts'

const Value = z.union([z.string(), z.boolean(), z.array(z.string())])

/** A field, by its flat name; `was` is absent if it was not known. */
const Field = z.object({ name: z.string(), was: Value.optional(), became: Value.optional() })
type Field = z.infer<typeof Field>

const Image = z.lazy(() =>
  z.object({
    account: Account,
    fields: z.array(Field),
  }),
)
type UpdateImage = z.infer<typeof Image>

const MANAGED =
  'The account has an external id: an identity provider may manage it and write its own values back.'

/** What somebody signs in with, and by what an account is known to be theirs. */
const LOGINS = ['userName', 'email', 'externalId'] as const

export const updateAccount = defineChange({
  operation: 'updateAccount',
  headline: fieldsHeadline,
  cases: () => [
    { when: 'changes a field such as the title', weights: ['changes'] },
    { when: 'changes the user name, the email or the external id', weights: ['logins', 'changes'] },
    { when: 'changes a role, a licence or other rights', weights: ['gives', 'removes', 'changes'] },
  ],
  weighs: ({ ask: { set }, before }, facts) => [
    ...(set.status === 'inactive' ? takesAccess(facts) : set.status === 'active' ? GIVES_BACK : []),
    ...(LOGINS.some((name) => set[name] !== undefined) ? (['logins'] as const) : []),
    ...accessWeights(set, before, facts),
    'changes',
  ],
  makes: 'nothing',
  sets: ({ ask }) => ask.set,
  replaces: ({ before, ask }) =>
    Object.fromEntries(Object.entries(before).filter(([name]) => name in ask.set)),
  takesAdministrator: ({ ask: { set } }) =>
    set.admin === false || set.status === 'inactive' || set.role !== undefined || set.licence !== undefined,
  privileges: ({ ask: { set }, before: { role, licence, custom } }) => [
    ...privilegesIn(set),
    ...privilegesIn({
      ...(set.role !== undefined && role !== undefined && { role }),
      ...(set.licence !== undefined && licence !== undefined && { licence }),
      ...(set.custom && custom && { custom: pick(custom, Object.keys(set.custom)) }),
    }),
  ],
  newNames: ({ subject, ask: { set } }) => newNamesIn(set.userName ?? subject.userName, set),
  sentences({ accounts, subject, ask, before }, { title, tenant }) {
    const now = flat(before)
    return [
      `Change the account of ${named(accounts[0] ?? subject)} in ${title}, tenant ${tenant}:`,
      ...Object.entries(flat(ask.set)).map(([name, value]) => changedTo(name, now[name], value)),
    ]
  },
  consequence: ({ accounts }) => (accounts.some(({ externalId }) => externalId) ? MANAGED : ''),
  reversible: () => true,
  briefing({ accounts, ask, before }) {
    const now = flat(before)
    const alters = Object.entries(flat(ask.set)).map(([what, after]) =>
      agentAlteration(what, now[what], after),
    )
    return { accounts: accounts.map((account) => ({ ...accountSummary(account), alters })) }
  },
  losing: { groups: null, licence: null },
  allOrNothing: () => true,
  async readBack(change, { operations }, context) {
    const { id, set } = change.ask
    const { account, fields, ...more } = await readFieldsBack(id, set, operations, context)
    if (!account || !fields) return more
    return { account, fields, ...more, ...sideEffects(besidesFields(change, { account, fields })) }
  },
  readTwin: async () => ({}),

  image: Image,
  imageOf(change) {
    const was = flat(change.before)
    const fields = Object.entries(flat(change.ask.set)).map(([name, became]) => ({
      name,
      ...(!namesSecret(name) && { was: was[name], became }),
    }))
    return { account: accountIn(change), fields }
  },
  touches: ({ fields }) =>
    fields.flatMap(({ name }) => [
      `field ${name}` as const,
      ...(name === 'status' ? (['access'] as const) : []),
    ]),
  story: ({ fields }) =>
    fields.map(({ name, was, became }) => `${name}: ${valueText(was)} → ${valueText(became)}`).join(', '),
  inverse: async (past, image, read) => reverseFields(past, image, await read.fields(past.subject.id)),
})

const pick = <Value>(values: Record<string, Value>, names: readonly string[]): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))

const valueText = (value: unknown): string => (value === undefined ? 'not known' : JSON.stringify(value))

/** Restores an account's former values, field by field. */
function reverseFields(
  past: PastChange,
  { account, fields }: Pick<UpdateImage, 'account' | 'fields'>,
  now: FullAccount | undefined,
): Reversal {
  if (!now) return NOT_SHOWN
  const renamed = fields.find(({ name }) => name === 'userName')?.became
  const names = [account.userName, ...(typeof renamed === 'string' ? [renamed] : [])]
  if (!names.some((name) => sameUserName(name, now.account.userName))) return leftAlone(RENAMED)
  const shown = flat(now.fields)
  const verdicts = fields.map((field) => ({ field, why: whyNotField(field, shown[field.name], past) }))
  const apart = verdicts.flatMap(({ field, why }) => (why ? [`${field.name}: ${why}`] : []))
  const back = verdicts.flatMap(({ field: { name, was }, why }) =>
    why === undefined && was !== undefined ? [[name, was] as const] : [],
  )
  if (back.length === 0) return nothingRestored(apart)
  const { id, userName } = now.account
  const ask = { id, userName, set: unflat(back) }
  return {
    change: {
      tenant: past.tenant,
      accounts: [now.account],
      subject: { id, userName },
      operation: 'updateAccount',
      ask,
      before: now.fields,
    },
    left: apart,
    stays: '',
  }
}

/** Why a field is not restored; empty if it needs no restore, undefined if it can be restored. */
function whyNotField(
  { name, was, became }: Field,
  held: FieldValue | undefined,
  past: PastChange,
): string | undefined {
  if (became === undefined) return 'its former value is not kept'
  if (sameValue(name, held, was)) return ''
  if (touchedSince(past, `field ${name}`)) return CHANGED_AGAIN
  if (!sameValue(name, held, became)) return CHANGED_SINCE
  return was === undefined ? 'its former value is not known, and it cannot be emptied from here' : undefined
}
