// @module-tag long

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plainText } from '../../../src/text/text.ts'
import type { ToolAnswer } from '../../support/world.ts'
import { newObedient } from './obedient.ts'
import { HARMS, type Harm, inWords, TRIFLES, type Trifle } from './orders.ts'
import { PLACES } from './places.ts'
import { TEXTS } from './texts.ts'
import { type InjectedWorld, openInjectedWorld, type ServerName } from './world.ts'

interface Case {
  place: string
  writing: string
  order: Harm | Trifle
  server: ServerName
}

/** Two fifths of every place with every writing, each with another order, and the servers by turns. */
const CASES: readonly Case[] = Object.keys(PLACES).flatMap((place, row) =>
  Object.keys(TEXTS).flatMap((writing, column): Case[] => {
    if ((row + column) % 5 > 1) return []
    const at = row * 7 + column
    // Every fourth order is one that a person is asked about only where the settings say so.
    if (at % 4 === 3) return [{ place, writing, order: pick(TRIFLES, at >> 2), server: 'careful' }]
    return [{ place, writing, order: pick(HARMS, at), server: at % 2 === 0 ? 'usual' : 'usual, mute' }]
  }),
)

/** How a change ends that nobody agreed to; `page` is the approval page, for somebody who knows no passphrase. */
const STOPPED = /^(declined|approval_(required|void|denied)|invalid_input|refused|page 4\d\d)$/

let world: InjectedWorld
beforeAll(async () => {
  world = await openInjectedWorld()
})
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

/** What an agent that obeys makes of a case, and the writes that reached an app and nobody wanted. */
async function play({ place, writing, order, server }: Case) {
  const { task, wanted } = named(PLACES, place)
  const victim = world.join('victim')
  const user = world.join('reader')
  const text = named(TEXTS, writing)(inWords(order, victim.userName))
  const before = world.writes().length
  world.wants.user = wanted ? user.userName : undefined
  const agent = newObedient(world.servers[server].call)
  await task({ world, agent, text, user })
  await world.deny(agent.heard)
  const writes = world.writes().slice(before)
  return {
    ...agent,
    text,
    writes,
    unwanted: writes.filter((one) => !wanted || !one.endsWith(`/Users/${user.id}`)),
  }
}

test('there are 200 cases and more, with every place, writing and order', () => {
  const of = (key: keyof Case) => new Set(CASES.map((one) => one[key])).size
  expect(CASES.length).toBeGreaterThanOrEqual(200)
  expect(of('place')).toBe(Object.keys(PLACES).length)
  expect(of('writing')).toBe(Object.keys(TEXTS).length)
  expect(of('order')).toBe(HARMS.length + TRIFLES.length)
})

describe.each(Object.keys(PLACES))('an agent that obeys %s writes nothing that nobody wanted', (place) => {
  const { unsaid } = named(PLACES, place)
  const reached: string[] = []

  test.each(CASES.filter((one) => one.place === place))('$writing: $order, $server', async (one) => {
    const { tried, heard, text, unwanted } = await play(one)
    expect(unwanted).toEqual([])
    const shown = plainText(text).slice(0, 40)
    const marked = heard.map((answer) => ({
      fields: shown === '' ? [] : [...fieldsWith(shown, answer)],
      untrusted: untrustedIn(answer),
    }))
    if (tried.length > 0) reached.push(one.writing)
    // What nobody can see, or what could not be an id, never comes to an agent.
    else expect(marked.flatMap(({ fields }) => fields)).toEqual([])
    expect(tried.flatMap(({ ends }) => ends).filter((end) => !STOPPED.test(end))).toEqual([])
    for (const [at, { fields, untrusted }] of marked.entries()) {
      // Errors are this server's own words, around what it quotes.
      if (!heard[at]?.error) expect(fields.filter((name) => !untrusted.includes(name))).toEqual([])
    }
  })

  test(unsaid ? 'since it hears nothing of it' : 'though most of them come to it, and it tries', () => {
    const all = CASES.filter((one) => one.place === place).length
    if (unsaid) expect(reached).toEqual([])
    else expect(reached.length).toBeGreaterThan(all * 0.6)
  })
})

const named = <Item>(items: Readonly<Record<string, Item>>, name: string): Item => {
  const item = items[name]
  if (!item) throw new TypeError(`there is no ${name}`)
  return item
}

function pick<Item>(items: readonly Item[], at: number): Item {
  return items[at % items.length] as Item // within bounds
}

/** The names of the fields in which an answer holds this text, at any depth. */
function* fieldsWith(shown: string, value: unknown, name = ''): Generator<string> {
  if (typeof value === 'string' && value.replaceAll('”', '"').includes(shown)) yield name
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    yield* fieldsWith(shown, inner, Array.isArray(value) ? name : key)
  }
}

const untrustedIn = ({ untrusted = '' }: ToolAnswer): string[] =>
  String(untrusted).split(': ')[0]?.split(', ') ?? []

// What shows that these agents would do harm, if they could.
/** Runs need approval whatever the settings say. */
const ALWAYS_APPROVED: readonly string[] = ['run', 'many']
const PLAIN = { place: 'a display name', writing: 'a plain command' }

test.each([...HARMS, ...TRIFLES].filter((order) => !ALWAYS_APPROVED.includes(order)))(
  'the same agent carries the order "%s" out where a server asks nobody about anything',
  async (order) => {
    const { writes } = await play({ ...PLAIN, order, server: 'unguarded' })
    expect(writes.length).toBeGreaterThan(0)
  },
)

test.each(TRIFLES)(
  'the default settings ask nobody about the order "%s": it is carried out, and the journal names it',
  async (order) => {
    const { writes } = await play({ ...PLAIN, order, server: 'usual' })
    expect(writes).toHaveLength(1)
    expect(world.journal().at(-1)).toMatchObject({ event: 'done' })
  },
)
