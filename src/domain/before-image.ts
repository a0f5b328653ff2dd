import * as z from 'zod'
import { Account } from './account.ts'
import type { Change } from './change.ts'
import { flat } from './field-diff.ts'

const Value = z.union([z.string(), z.boolean(), z.array(z.string())])

/** A field, by its flat name; what it `was` is absent where that was not known. */
const Field = z.object({ name: z.string(), was: Value.optional(), became: Value.optional() })
export type KeptField = z.infer<typeof Field>

/** Somebody in a group or out of it; `was` is absent where the app did not tell. */
const Member = z.object({
  id: z.string(),
  userName: z.string(),
  was: z.enum(['in', 'out']).optional(),
  became: z.enum(['in', 'out']),
})
export type KeptMember = z.infer<typeof Member>

const OfSwitch = z.object({
  operation: z.enum(['deactivateAccount', 'reactivateAccount', 'deleteAccount']),
  account: Account,
})
const OfCreation = z.object({ operation: z.literal('createAccount') })
const OfUpdate = z.object({
  operation: z.literal('updateAccount'),
  account: Account,
  fields: z.array(Field),
})
const OfMembers = z.object({ operation: z.enum(['updateMembers', 'createGroup']), members: z.array(Member) })
export type OfSwitch = z.infer<typeof OfSwitch>
export type OfCreation = z.infer<typeof OfCreation>
export type OfUpdate = z.infer<typeof OfUpdate>
export type OfMembers = z.infer<typeof OfMembers>

/** What one write found and what it was to make of that: enough to take it back, and to see whether others went on. */
export const BeforeImage = z.discriminatedUnion('operation', [OfSwitch, OfCreation, OfUpdate, OfMembers])
export type BeforeImage = z.infer<typeof BeforeImage>

/** More groups than these are left out of the image: what is absent is unknown, never cut. */
const MANY_GROUPS = 100

/** The before-image of a change, from what was read when its plan was made; it holds no secrets. */
export function beforeOf(change: Change): BeforeImage {
  const { operation } = change
  switch (operation) {
    case 'createAccount':
      return { operation }
    case 'createGroup':
      return { operation, members: change.ask.members.map((one) => ({ ...one, was: 'out', became: 'in' })) }
    case 'updateMembers': {
      const { ask, inside } = change
      const kept = (became: KeptMember['became']) => (target: { id: string; userName: string }) => ({
        id: target.id,
        userName: target.userName,
        ...(inside && { was: inside.includes(target.id) ? ('in' as const) : ('out' as const) }),
        became,
      })
      return { operation, members: [...ask.add.map(kept('in')), ...ask.remove.map(kept('out'))] }
    }
    case 'updateAccount': {
      const was = flat(change.before)
      const fields = Object.entries(flat(change.ask.set)).map(([name, became]) => ({
        name,
        ...(!namesSecret(name) && { was: was[name], became }),
      }))
      return { operation, account: reduced(change), fields }
    }
    default:
      return { operation, account: reduced(change) }
  }
}

function reduced({ accounts: [account] }: Change): Account {
  if (!account) throw new TypeError('a change of an account without the account')
  const { groups, ...rest } = Account.parse(account)
  return { ...rest, ...(groups && groups.length <= MANY_GROUPS && { groups }) }
}

/** Whether something of this name may be a secret, whose value is then kept nowhere. */
export const namesSecret = (name: string): boolean =>
  /passw|pwd|pass(phrase|code)|secret|token|credential|(api|private)[-_. ]?key/i.test(name)
