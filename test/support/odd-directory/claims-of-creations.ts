import type { openWorld, ToolAnswer } from '../world.ts'
import { ADA, type startNewcomersApp } from './creations.ts'
import type { Somebody } from './form.ts'

type App = Awaited<ReturnType<typeof startNewcomersApp>>

interface Answer extends ToolAnswer {
  outcome?: string
  verified?: boolean
  account?: { id: string; status?: string }
  code?: string
  note?: string
}

const isNamed = ({ givenName, familyName, fullName }: Somebody): boolean =>
  familyName === undefined ? fullName === 'Ada Lovelace' : `${givenName} ${familyName}` === 'Ada Lovelace'

/** What is untrue of what was said of a new account, if anything. */
function untrue(
  { outcome, verified, account, note, error, code = error?.code }: Answer,
  { made: madeIn, isThere, posts }: App,
): string | undefined {
  const made = madeIn()
  const isAsAsked =
    made !== undefined &&
    // An app may make an account that waits for its owner; the answer shows it.
    (made.active ? 'active' : 'inactive') === account?.status &&
    made.userName === ADA &&
    made.email === ADA &&
    isNamed(made)
  if (posts() > 1) return 'sent twice'
  if (outcome === 'created' && verified && !isAsAsked) return 'verified'
  if (outcome === 'created' && account && account.id !== made?.id) return 'the account of somebody else'
  if (outcome === 'already_exists' && !isThere) return 'already exists'
  if ((error || outcome === 'failed') && code !== 'unknown_outcome' && made)
    return `nothing was made (${code})`
  return outcome === 'created' && !verified && !note ? 'no reason' : undefined
}

/** What is said in this world of a new account in an app, if it is not so. */
export async function lieAboutCreation(
  world: Pick<Awaited<ReturnType<typeof openWorld>>, 'call'>,
  tenant: string,
  app: App,
): Promise<string | undefined> {
  const answer = (await world.call('create_user', { tenant, ...app.ask })) as Answer
  const lie = untrue(answer, app)
  return lie && `${lie}: ${JSON.stringify([app.people[0], app.people.at(-1), answer])}`
}
