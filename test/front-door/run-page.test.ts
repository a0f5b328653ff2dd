// @module-tag long

import { expect, test } from 'vitest'
import { addApprovers } from '../support/approvers.ts'
import { linkIn, send } from '../support/browser.ts'
import { decideAt } from '../support/strict.ts'
import { openWorld } from '../support/world.ts'

const PEOPLE = ['ada@example.com', 'alan@example.com', 'grace@example.com']
const ASKED = { people: PEOPLE, tenants: ['acme-scim'], reason: 'the team was closed' }

interface Asked {
  status: string
  runId: string
  approval: { id: string; approveAt: string }
}

/** One app with three people, and a run that somebody approved on its page. */
async function open(people: readonly string[] = PEOPLE) {
  const world = await openWorld({
    tenants: (own) => ({ ...own, 'acme-scim': { ...own['acme-scim'], budget: { perMinute: 100_000 } } }),
    sandbox: { apps: ['netskope', 'scim'], perMinute: 100_000 },
    settings: { limits: { runs: { failures: 3 } } },
  })
  await addApprovers(world, 'grace')
  const scim = world.sandbox.tenants['acme-scim']
  for (const userName of people) {
    const known = scim.users.find((user) => user.userName === userName)
    if (known) known.active = true
    else scim.addUser({ userName })
  }
  const asking = { ...ASKED, people }
  const ask = async () => (await world.call('offboard', asking)) as unknown as Asked
  let asked = await ask()
  while (asked.status === 'planning') asked = await ask()
  const { approveAt, id } = asked.approval
  const path = new URL(linkIn(approveAt)).pathname
  expect(await decideAt(approveAt, { typed: String(people.length) })).toBe(303)
  return {
    ...world,
    scim,
    runId: asked.runId,
    approveAt,
    /** What the page says of the run, without markup. */
    async page(): Promise<string> {
      const { text } = await send(approveAt, { path })
      return textOf(/<section class="decided" aria-labelledby="result">.*?<\/main>/s.exec(text)?.[0] ?? '')
    },
    /** What the terminal says of it: its state, and how many ended how. */
    async shown() {
      const lines = (await world.run(['runs', 'show', asked.runId])).stdout.split('\n')
      return {
        state: lines[0]?.split(': ')[1],
        counts: lines.find((line) => /^\d+ (done|failed|waiting)/.test(line)),
      }
    },
    approvalShown: async () => (await world.run(['approvals', 'show', id])).stdout,
    begin: () => world.call('offboard', { ...asking, approvalId: id }),
    ended: () =>
      expect
        .poll(async () => (await world.call('get_run', { runId: asked.runId })).state, { timeout: 60_000 })
        .not.toMatch(/running|scheduled/),
  }
}
type Opened = Awaited<ReturnType<typeof open>>

/** The text of a page, without markup. */
const textOf = (markup: string) => markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

/** The page, the list of runs and the request in the terminal say the same of the run. */
async function saysTheSame(world: Opened): Promise<string> {
  const { state, counts } = await world.shown()
  const page = await world.page()
  expect(page).toContain(`The run is ${state}: ${counts}.`)
  const request = await world.approvalShown()
  expect(request).toContain(`${world.runId}: ${state}`)
  expect(request).toContain(counts)
  return page
}

test('the page of an approved run shows how far it is, as the terminal does, until all of it is done', async () => {
  await using world = await open()
  expect(await world.page()).toContain('Nothing is changed yet')
  world.scim.faults.set([{ fault: 'slow', method: 'PATCH', ms: 8_000 }])
  await world.begin()
  await expect.poll(() => world.page()).toContain('The run is running: 3 waiting.')
  const page = await saysTheSame(world)
  expect(page).toContain('Under way.')
  expect(page).toContain('Look again')
  await world.ended()
  expect(await saysTheSame(world)).toContain('All of it is done.')
  expect(await world.page()).toContain('The run is finished: 3 done.')
  expect(await world.page()).not.toContain('Look again')
})

test('whoever has to agree can read every account of the plan, page by page, and later what became of each', async () => {
  const many = Array.from({ length: 70 }, (_, at) => `leaver-${at}@example.com`)
  await using world = await open(many)
  const { origin, pathname } = new URL(linkIn(world.approveAt))
  const page = (number: number) => send(origin, { path: `${pathname}/accounts/${number}` })
  expect((await send(origin, { path: pathname })).text).toContain(`href="${pathname}/accounts/1"`)
  const pages = [await page(1), await page(2)]
  expect(pages.map(({ status }) => status)).toEqual([200, 200])
  expect(pages[0]?.text).toContain(`href="${pathname}/accounts/2"`)
  const text = pages.map((one) => textOf(one.text)).join(' ')
  for (const name of many) expect(text).toContain(`${name} SCIM 2.0 acme-scim ${name} to be done`)
  expect((await page(3)).status).toBe(404)
  expect((await send(origin, { method: 'POST', path: `${pathname}/accounts/1` })).status).toBe(404)
  await world.begin()
  await world.ended()
  expect(textOf((await page(1)).text)).toContain(`${many[0]} SCIM 2.0 acme-scim ${many[0]} done`)
})

test('what a run left alone is a part that is not done, and not under way for ever', async () => {
  await using world = await open()
  Object.assign(world.scim.user(PEOPLE[0] ?? ''), { emails: [{ value: 'new@example.com', primary: true }] })
  await world.begin()
  await world.ended()
  const page = await saysTheSame(world)
  expect(page).toContain('The run is finished: 2 done, 1 skipped.')
  expect(page).toContain('A part of it is done.')
  expect(page).toContain('Of all accounts: 2 done, 1 skipped.')
})

test('a run that failed waits for a person, and the page says why', async () => {
  await using world = await open()
  world.scim.faults.set([{ fault: 'server-error', status: 501 }])
  await world.begin()
  await world.ended()
  const page = await saysTheSame(world)
  expect(page).toContain('Under way.')
  expect(page).toContain('changes failed; a person looks at it')
})
