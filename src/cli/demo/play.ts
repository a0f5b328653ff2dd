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
  'AI agents now help at IT desks. They reach the apps of a company through tools, over a protocol called MCP. ' +
    'identity-mcp is a server of such tools: they find people, switch accounts off and on and read logs, and they ' +
    'remove no access without a person’s yes.',
  'This demo runs now, on this machine. Two things are simulated: the apps (one tenant each of Netskope, which ' +
    'guards web traffic, Gainsight and Mindtickle, with 250 made-up people) and the people who say yes. The server, ' +
    'the agents’ connections to it, every request and every answer are real.',
]

/** Runs the demo and cleans up. Returns whether everything went as expected. */
export async function play(io: Io, { fast = false }: { fast?: boolean | undefined }): Promise<boolean> {
  const { script } = io
  const leaving = new AbortController()
  const until = leaving.signal
  void io.untilStopped().then(() => leaving.abort(new Error('it was asked to stop')))
  io.stdout.once('error', (error) => leaving.abort(error))

  const screen = openScreen(io, { fast, until })
  try {
    await inWorld({ ...io, script }, { person: personAt(screen), until }, (world) => runActs(world, screen))
    return true
  } catch (error) {
    if (io.isOutputClosed?.()) return true
    io.stderr.write(`\n${failureText(error)}\n`)
    return false
  }
}

/** A simulated person who agrees to everything. */
const personAt =
  (screen: Screen): Person =>
  async ({ message, tick }) => {
    screen.window('A question for you', [...message.split('\n'), '', `[ ] ${tick}`])
    await screen.pause(1.5)
    screen.by('person says', `yes, and ticks "${tick}"`)
    return true
  }

async function runActs(world: World, screen: Screen): Promise<void> {
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

const failureText = (error: unknown): string =>
  error instanceof Surprise
    ? `The demo did not go as expected.\n${error.message}`
    : `The demo stopped: ${error instanceof Error ? error.message : error}`
