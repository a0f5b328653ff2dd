import type { openWorld, ToolAnswer } from '../world.ts'
import { GROUP } from './form.ts'
import { mailOf, type Name, type startGroupApp, type Wish } from './memberships.ts'

type App = Awaited<ReturnType<typeof startGroupApp>>

interface Answer extends ToolAnswer {
  status?: string
  members?: { user: string; outcome: string; code?: string }[]
  verified?: boolean
  note?: string
}

/** What is untrue of what was said of a change of a group, if anything. */
function untrue({ status, members = [], verified, note }: Answer, app: App, wish: Wish): string | undefined {
  const { add = [], remove = [] } = wish
  const isSo = (name: Name) => app.isIn(name) === add.includes(name)
  const asked = [...add, ...remove]
  const isOpen = !verified && note !== undefined
  for (const name of asked) {
    const row = members.find(({ user }) => user === mailOf(name))
    if (!row) return `nothing of ${name}`
    const { outcome, code } = row
    if (outcome === 'failed' && code !== 'unknown_outcome' && isSo(name)) return `${name} failed (${code})`
    if (outcome !== 'failed' && !isSo(name) && !isOpen) return `${name} ${outcome}`
  }
  if (new Set(app.sent).size < app.sent.length) return 'sent twice'
  if (verified && !(asked.every(isSo) && app.isElseAsBefore(asked))) return 'verified'
  if (status === 'done' && !verified) return 'done'
  return app.sent.length > 0 && !verified && !note ? 'no reason' : undefined
}

/** What is said in this world of a change of a group of an app, if it is not so. */
export async function lieAboutMembers(
  world: Pick<Awaited<ReturnType<typeof openWorld>>, 'call'>,
  tenant: string,
  app: App,
  wish: Wish,
): Promise<string | undefined> {
  const answer = (await world.call('update_group_members', {
    ...{ tenant, group: GROUP, reason: 'moves' },
    ...(wish.add && { add: wish.add.map(mailOf) }),
    ...(wish.remove && { remove: wish.remove.map(mailOf) }),
  })) as Answer
  const lie = answer.error ? 'an error' : untrue(answer, app, wish)
  const names = (['ada', 'bo', 'cy', 'dee', 'gus'] as const).filter(app.isIn)
  return lie && `${lie}: ${JSON.stringify([wish, { in: names, sent: app.sent }, answer])}`
}
