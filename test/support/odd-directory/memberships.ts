import fc from 'fast-check'
import type { CannedReply } from '../canned.ts'
import type { Move, Somebody } from './form.ts'
import { type FormName, formOf, serveDirectory } from './start.ts'

/** How an app may take a change of who is in a group. */
export const anyMembershipHabits = fc.record({
  before: fc.constantFrom('as usual', 'as usual', 'as usual', 'ada is in', 'as is asked'),
  does: fc.constantFrom(
    ...(['as asked', 'as asked', 'as asked', 'nothing', 'the first alone', 'adds another'] as const),
    ...(['drops another', 'drops all others', 'refused', 'the first, and refuses'] as const),
  ),
  refusal: fc.constantFrom(400, 403, 404, 409, 500, 501),
  reply: fc.constantFrom('nothing', 'nothing', 'nothing', 'lost', 'an error'),
  shows: fc.constantFrom('at once', 'at once', 'later', 'never'),
})
export type MembershipHabits = typeof anyMembershipHabits extends fc.Arbitrary<infer Value> ? Value : never

/** Whom a call adds and removes. */
export interface Wish {
  add?: Name[]
  remove?: Name[]
}
export const anyWish: fc.Arbitrary<Wish> = fc.constantFrom<Wish[]>(
  ...[{ add: ['ada' as const] }, { remove: ['bo' as const] }, { add: ['ada', 'gus'] } satisfies Wish],
  ...[{ add: ['ada' as const], remove: ['bo' as const] }],
)

const NAMES = ['ada', 'bo', 'cy', 'dee', 'gus'] as const
export type Name = (typeof NAMES)[number]

const BEFORE: Readonly<Record<MembershipHabits['before'], readonly Name[]>> = {
  'as usual': ['bo', 'cy'],
  'ada is in': ['ada', 'bo', 'cy'],
  'as is asked': ['ada', 'cy', 'gus'],
}
const LATER_MS = 200

export const mailOf = (name: Name) => `${name}@x.example`

/** An app of a vendor with these habits, and who is really in its group. */
export async function startGroupApp(name: FormName, habits: MembershipHabits) {
  const form = formOf(name)
  const idOf = (one: Name) => form.idOf(NAMES.indexOf(one) + 1)
  const people = NAMES.map(
    (one): Somebody => ({
      ...{ id: idOf(one), userName: mailOf(one), email: mailOf(one), active: true },
      ...{ givenName: one, familyName: 'Lovelace', fullName: `${one} Lovelace` },
    }),
  )
  const members = new Set(BEFORE[habits.before].map(idOf))
  let shown = [...members]
  const show = () => {
    shown = [...members]
  }
  const apply = ({ op, id }: Move) => (op === 'add' ? members.add(id) : members.delete(id))
  const sent: string[] = []

  function move(moves: readonly Move[]): CannedReply {
    const refused = { status: habits.refusal, body: { detail: 'no' } }
    if (habits.does === 'refused') return refused
    sent.push(...moves.map(({ op, id }) => `${op} ${id}`))
    const isInPart = habits.does.startsWith('the first')
    if (habits.does !== 'nothing') {
      for (const one of isInPart ? moves.slice(0, 1) : moves) apply(one)
      if (habits.does === 'adds another') members.add(idOf('dee'))
      if (habits.does === 'drops another') members.delete(idOf('cy'))
      if (habits.does === 'drops all others') {
        for (const id of members) if (!moves.some((one) => one.id === id)) members.delete(id)
      }
      if (habits.shows === 'at once') show()
      if (habits.shows === 'later') setTimeout(show, LATER_MS)
    }
    // Whoever refuses a change and never shows the part that it made cannot be told from whoever made nothing.
    const isTold = habits.shows !== 'never'
    if (habits.does === 'the first, and refuses' && moves.length > 1 && isTold) return refused
    if (habits.reply === 'lost') return { drop: true }
    return habits.reply === 'an error' ? { status: 500, body: { detail: 'oops' } } : { status: 204 }
  }

  const app = await serveDirectory(name, {
    people: () => people,
    members: () => shown,
    create: () => ({ status: 404, body: {} }),
    move,
  })
  return {
    ...app,
    isIn: (one: Name) => members.has(idOf(one)),
    /** Whether everybody but these is as before. */
    isElseAsBefore: (but: readonly Name[]) =>
      NAMES.every(
        (one) => but.includes(one) || members.has(idOf(one)) === BEFORE[habits.before].includes(one),
      ),
    /** What it took, and may have done. */
    sent,
  }
}
