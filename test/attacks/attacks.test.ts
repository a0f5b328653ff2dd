// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { YES } from '../support/raw.ts'
import { type ApprovalAttack, approvalAttacks } from './approvals.ts'
import { argumentAttacks, toolAttacks } from './arguments.ts'
import { type Attack, type CallOf, changed } from './attack.ts'
import { clientAttacks, personAttacks } from './clients.ts'
import { cursorAttacks } from './cursors.ts'
import { meddle } from './meddling.ts'
import { type QuestionAttack, questionAttacks, unaskedAttacks } from './questions.ts'
import { type Came, openRange, type Range, type ServerName } from './range.ts'
import { lookUpAttacks, targetAttacks } from './targets.ts'

let range: Range
beforeAll(async () => {
  range = await openRange()
})
afterAll(async () => {
  await range[Symbol.asyncDispose]()
})

type Scene = ReturnType<Range['newScene']>
const CHANGED = new Set(['started', 'done', 'unknown'])
/** Ends by which a call waits for a person, as one before it may have done already. */
const WAITING = new Set(['approval_required', 'asked'])

interface Marks {
  /** From here on nothing may change; what came before was agreed to. */
  agreed(): void
  /** The call that comes now is the attack itself, and is told in the journal for itself. */
  attack(): void
}

/** Makes an attack and sees that it ended as it should: nothing written, all told in the journal. */
async function stand(
  { ends }: Attack,
  attempt: (scene: Scene, marks: Marks) => Promise<Came>,
  told: 'told' | 'untold' = 'told',
): Promise<void> {
  const scene = range.newScene()
  let [writes, lines, arrivals, last] = [0, 0, range.app.arrivals.length, range.journal().length]
  const marks: Marks = {
    agreed: () => {
      writes = range.writes()
      lines = range.journal().length
      arrivals = range.app.arrivals.length
    },
    attack: () => {
      last = range.journal().length
    },
  }
  marks.agreed()
  const { end } = await attempt(scene, marks)
  expect([ends].flat()).toContain(end)
  expect(range.writes() - writes).toBe(0)
  range.checkArrivals(arrivals)
  const journal = range.journal()
  const changes = journal.slice(lines).filter(({ event }) => CHANGED.has(event))
  expect(changes.filter(({ note }) => note !== 'Nothing had to be changed.')).toEqual([])
  if (told === 'untold') expect(journal.length).toBe(lines)
  else expect(journal.length).toBeGreaterThan(WAITING.has(end) ? lines : last)
}

const filledIn = ({ fill }: Scene, { tool, args }: CallOf): CallOf => ({ tool, args: fill(args) })

describe('arguments', () => {
  test.each(argumentAttacks)('$name', (attack) =>
    stand(
      attack,
      (scene) => range.callWillingly('open', filledIn(scene, attack.call)),
      attack.ends === '-32602' ? 'untold' : 'told',
    ),
  )
  test.each(toolAttacks)('$name', (attack) =>
    stand(attack, (scene) => range.callWillingly('open', filledIn(scene, attack.call)), 'untold'),
  )
})

describe('text that means more than a name', () => {
  test.each(targetAttacks)('$name', (attack) =>
    stand(attack, (scene) => range.callWillingly('open', filledIn(scene, attack.call))),
  )
  test.each(lookUpAttacks)('$name', (attack) =>
    stand(attack, (scene) => range.callWillingly('open', filledIn(scene, attack.call)), 'untold'),
  )
})

const SOMEBODY_ELSE = changed('deactivate_user', { user: '{other}', reason: 'of its own' })

/** Has a question put, and answers it otherwise than it was put. */
const answer =
  (server: ServerName, { ask = changed('deactivate_user'), call = ask, ...attack }: QuestionAttack) =>
  async (scene: Scene, marks: Marks): Promise<Came> => {
    const put = async (asked: CallOf) => (await range.call(server, filledIn(scene, asked))).state ?? ''
    const state = await put(ask)
    const sent = attack.state
      ? attack.state(state, attack.state.length > 1 ? await put(SOMEBODY_ELSE) : '')
      : state
    if (attack.before !== undefined)
      await range.call(server, filledIn(scene, ask), { requestState: state, inputResponses: attack.before })
    if (attack.before === YES) marks.agreed()
    if (attack.meanwhile) meddle(attack.meanwhile, range.app, scene.victim)
    marks.attack()
    const round = { requestState: sent, inputResponses: attack.responses ?? YES }
    return range.call(server, filledIn(scene, call), round, attack.client ? { name: attack.client } : {})
  }

describe('questions', () => {
  test.each(questionAttacks)('$name', (attack) => stand(attack, answer('asking', attack)))
  test.each(unaskedAttacks)('$name', (attack) => stand(attack, answer('approving', attack)))
})

const idOf = ({ body }: Came): string => body.approval?.id ?? ''

/** Has a change wait for a person, and uses its id otherwise than it was given. */
const use =
  ({ ask = changed('deactivate_user'), call = ask, state = 'approved', ...attack }: ApprovalAttack) =>
  async (scene: Scene, marks: Marks): Promise<Came> => {
    const wait = async (asked: CallOf) => idOf(await range.call('approving', filledIn(scene, asked)))
    const withId = ({ tool, args }: CallOf, approvalId: unknown): CallOf => ({
      tool,
      args: { ...(args as object), approvalId },
    })
    const id = await wait(ask)
    let other = ''
    if (attack.id && attack.id.length > 1) {
      other = await wait(SOMEBODY_ELSE)
      await range.decide(other, 'approved')
    }
    if (state !== 'pending') await range.decide(id, state === 'denied' ? 'denied' : 'approved')
    if (state === 'expired') await range.expire(id)
    if (state === 'used') {
      expect(await range.call('approving', withId(filledIn(scene, ask), id))).toMatchObject({ end: 'done' })
      marks.agreed()
    }
    if (attack.meanwhile) meddle(attack.meanwhile, range.app, scene.victim)
    marks.attack()
    const sent = attack.id ? attack.id(id, other) : id
    return range.call(
      'approving',
      withId(filledIn(scene, call), sent),
      {},
      attack.client ? { name: attack.client } : {},
    )
  }

describe('approvals', () => {
  test.each(approvalAttacks)('$name', (attack) => stand(attack, use(attack)))

  test('an approval used twenty times at once, by two servers, changes one thing once', async () => {
    const { fill, victim } = range.newScene()
    const call = changed('deactivate_user', { user: fill('{victim}') })
    const id = idOf(await range.call('approving', call))
    await range.decide(id, 'approved')
    const writes = range.writes()
    const withId = { ...call, args: { ...(call.args as object), approvalId: id } }
    const came = await Promise.all(
      Array.from({ length: 20 }, (_, at) => range.call(at % 2 ? 'approving' : 'asking', withId)),
    )
    expect(came.filter(({ end }) => end === 'done')).toHaveLength(1)
    expect(range.writes() - writes).toBe(1)
    expect(victim.active).toBe(false)
  })
})

describe('clients', () => {
  test.each(clientAttacks)('$name', (attack) =>
    stand(
      attack,
      async ({ fill }) => {
        const as = 'capabilities' in attack ? { capabilities: attack.capabilities } : {}
        return range.callWillingly('usual', { ...attack.call, args: fill(attack.call.args) }, as)
      },
      [attack.ends].flat()[0]?.startsWith('-') ? 'untold' : 'told',
    ),
  )
})

describe.each(['legacy', 'v1'] as const)('people at a %s client', (client) => {
  test.each(personAttacks)('$name', (attack) =>
    stand(attack, ({ fill }) => {
      const { tool, args } = changed('deactivate_user')
      return range.callOlder(client, { tool, args: fill(args) }, attack.answers)
    }),
  )
})

describe('cursors', () => {
  test.each(cursorAttacks)('$name', (attack) =>
    stand(
      attack,
      async () => {
        const from = attack.from ?? { tool: 'list_users', args: { tenant: 'acme-netskope', limit: 2 } }
        const { body } = await range.call('open', from)
        const { nextCursor = '' } = body as { nextCursor?: string }
        expect(nextCursor).not.toBe('')
        const { tool, args } = attack.call ?? from
        return range.call('open', { tool, args: { ...(args as object), cursor: attack.cursor(nextCursor) } })
      },
      'untold',
    ),
  )
})

describe('the campaign', () => {
  const all = [
    ...argumentAttacks,
    ...toolAttacks,
    ...targetAttacks,
    ...lookUpAttacks,
    ...questionAttacks,
    ...unaskedAttacks,
    ...approvalAttacks,
    ...clientAttacks,
    ...personAttacks,
    ...cursorAttacks,
  ]

  test('has at least 200 attacks, each told from the others', () => {
    expect(all.length).toBeGreaterThanOrEqual(200)
    const names = all.map(({ name }) => name)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  test('leaves a journal that verifies', async () => {
    expect(await range.verify()).toMatchObject({ code: 0 })
  })
})
