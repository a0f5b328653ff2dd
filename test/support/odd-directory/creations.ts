import fc from 'fast-check'
import type { CannedReply } from '../canned.ts'
import type { Somebody } from './form.ts'
import { type FormName, formOf, serveDirectory } from './start.ts'

/** How an app may take a new user. */
export const anyCreationHabits = fc.record({
  isThere: fc.constantFrom('nobody', 'nobody', 'nobody', 'her', 'her, hidden from lists'),
  creates: fc.constantFrom(
    ...(['as asked', 'as asked', 'refused', 'nothing', 'without a name', 'one name alone'] as const),
    ...(['another name', 'inactive', 'other address', 'other user name'] as const),
  ),
  refusal: fc.constantFrom(400, 403, 409, 500, 501),
  reply: fc.constantFrom(
    ...([
      'the user',
      'the user',
      'what was sent',
      'somebody else',
      'no id',
      'nothing',
      'lost',
      'an error',
    ] as const),
  ),
  shows: fc.constantFrom('at once', 'at once', 'later', 'never'),
})
export type CreationHabits = typeof anyCreationHabits extends fc.Arbitrary<infer Value> ? Value : never

export const ADA = 'ada@x.example'
const EVE = 'eve@x.example'
const LATER_MS = 200
const NEW = 9

const person = (id: string, userName: string, givenName: string): Somebody => ({
  ...{ id, userName, email: userName, active: true },
  ...{ givenName, familyName: 'Lovelace', fullName: `${givenName} Lovelace` },
})

const KEPT: Readonly<Record<string, (one: Somebody) => Somebody>> = {
  'without a name': ({ givenName: _, familyName: __, fullName: ___, ...one }) => one,
  'one name alone': ({ givenName: _, familyName: __, ...one }) => one,
  'another name': (one) => ({ ...one, familyName: 'Smith', fullName: 'Ada Smith' }),
  inactive: (one) => ({ ...one, active: false }),
  'other address': (one) => ({ ...one, email: EVE }),
  'other user name': (one) => ({ ...one, userName: EVE }),
}

/** An app of a vendor with these habits, and the people who really have an account. */
export async function startNewcomersApp(name: FormName, habits: CreationHabits) {
  const form = formOf(name)
  const bo = person(form.idOf(2), 'bo@x.example', 'Bo')
  const others = [bo, person(form.idOf(3), 'cy@x.example', 'Cy')]
  const isThere = habits.isThere !== 'nobody'
  const people = isThere ? [person(form.idOf(1), ADA, 'Ada'), ...others] : [...others]
  let shown = structuredClone(habits.isThere === 'her, hidden from lists' ? others : people)
  const show = () => {
    shown = structuredClone(people)
  }
  let posts = 0

  function create(sent: Somebody): CannedReply {
    posts += 1
    if (habits.creates === 'refused') return { status: habits.refusal, body: { detail: 'no' } }
    if (isThere) return form.taken
    const asked = { ...sent, id: form.idOf(NEW), fullName: sent.fullName ?? 'Ada Lovelace' }
    const kept = KEPT[habits.creates]?.(asked) ?? asked
    const isElsewhere = form.isOneAddress && [kept.userName, kept.email].includes(EVE)
    const made = isElsewhere ? { ...kept, userName: EVE, email: EVE } : kept
    if (habits.creates !== 'nothing') {
      people.push(made)
      if (habits.shows === 'at once') show()
      if (habits.shows === 'later') setTimeout(show, LATER_MS)
    }
    const { [form.idKey]: _, ...unnamed } = form.record(made)
    const replies: Readonly<Record<CreationHabits['reply'], CannedReply>> = {
      'the user': form.created(form.record(made)),
      'what was sent': form.created(form.record(asked)),
      'somebody else': form.created(form.record(bo)),
      'no id': form.created(unnamed),
      nothing: { status: 204 },
      lost: { drop: true },
      'an error': { status: 500, body: { detail: 'oops' } },
    }
    return replies[habits.reply]
  }

  const app = await serveDirectory(name, {
    people: () => shown,
    members: () => [],
    create,
    move: () => ({ status: 404, body: {} }),
  })
  return {
    ...app,
    people,
    isThere,
    /** What to ask for. */
    ask: {
      ...{ email: ADA, givenName: 'Ada', familyName: 'Lovelace' },
      ...(form.needs && { attributes: form.needs }),
    },
    made: () => people.find(({ id }) => id === form.idOf(NEW)),
    posts: () => posts,
  }
}
