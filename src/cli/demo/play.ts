import type { Io } from '../../app/io.ts'
import type { Act } from './act.ts'
import type { Person } from './agent.ts'
import { approve } from './approve.ts'
import { audit } from './audit.ts'
import { deactivate } from './deactivate.ts'
import { findPerson } from './find-person.ts'
import { journalWhole } from './journal-whole.ts'
import { rush } from './rush.ts'
import { openScreen, type Screen } from './screen.ts'
import { sumUp } from './sum-up.ts'
import { Surprise } from './surprise.ts'
import { swappedTokens } from './swapped-tokens.ts'
import { inWorld, type World } from './world.ts'

const ACTS: readonly Act[] = [findPerson, deactivate, approve, audit, swappedTokens, rush, journalWhole]

const OPENING = [
  'AI agents help at IT desks now. To reach into the apps of a company they are given tools, over a protocol called ' +
    'MCP. identity-mcp is a server of such tools: they find people, switch accounts off and on and read logs, and ' +
    'they take nothing from anybody without a person’s yes.',
  'What follows happens now, on this machine. Two things are made up: the apps, one tenant each of Netskope, which ' +
    'guards web traffic, Gainsight and Mindtickle, with 250 invented people; and those who say yes. The server, the ' +
    'agents’ connections to it, every request and every answer are real.',
]

/** Tells the main story and leaves nothing behind; whether all of it went as told. */
export async function play(io: Io, { fast = false }: { fast?: boolean | undefined }): Promise<boolean> {
  const { script } = io
  const leaving = new AbortController()
  const until = leaving.signal
  void io.untilStopped().then(() => leaving.abort(new Error('it was told to stop')))
  io.stdout.once('error', (error) => leaving.abort(error))

  const screen = openScreen(io, { fast, until })
  try {
    await inWorld({ ...io, script }, { person: personAt(screen), until }, (world) => tell(world, screen))
    return true
  } catch (error) {
    io.stderr.write(`\n${explain(error)}\n`)
    return false
  }
}

/** Somebody who agrees to everything, and is shown what. */
const personAt =
  (screen: Screen): Person =>
  async ({ message, tick }) => {
    screen.window('A question for you', [...message.split('\n'), '', `[ ] ${tick}`])
    await screen.pause(1.5)
    screen.by('person says', `yes, and ticks "${tick}"`)
    return true
  }

async function tell(world: World, screen: Screen): Promise<void> {
  const began = Date.now()
  screen.heading('identity-mcp, a demonstration')
  for (const paragraph of OPENING) screen.say(paragraph)
  await screen.pause(1.5)
  for (const [at, { title, about, run }] of ACTS.entries()) {
    screen.heading(`${at + 1} of ${ACTS.length}  ${title}`)
    screen.say(about)
    await run(world, screen)
    await screen.pause(1.2)
  }
  await sumUp(world, screen, began)
}

const explain = (error: unknown): string =>
  error instanceof Surprise
    ? `This did not go as told.\n${error.message}`
    : `The demonstration broke off: ${error instanceof Error ? error.message : error}`
