import type { Io } from '../../app/io.ts'
import type { Act } from './act.ts'
import type { Person } from './agent.ts'
import { personOnThePage } from './approve-on-page.ts'
import { type Approver, graceInATerminal, NotApproved } from './approver.ts'
import { findPerson } from './find-person.ts'
import { finished } from './finished.ts'
import { killed } from './killed.ts'
import { no } from './no.ts'
import { oneYes } from './one-yes.ts'
import { proof } from './proof.ts'
import { rush } from './rush.ts'
import { openScreen, type Screen } from './screen.ts'
import { sumUp } from './sum-up.ts'
import { Surprise } from './surprise.ts'
import { swappedTokens } from './swapped-tokens.ts'
import { whoDidWhat } from './who-did-what.ts'
import { inWorld, type World } from './world.ts'

/** The story, act by act. */
export const acts = (approver: Approver): readonly Act[] => [
  findPerson,
  oneYes(approver),
  killed,
  finished,
  whoDidWhat,
  proof,
  no,
  swappedTokens,
  rush,
]

const OPENING = [
  'AI agents now help at IT desks: somebody asks in a chat, and a program like Claude does the work. It reaches the ' +
    'apps of the company through tools, over a protocol called MCP. identity-mcp is a server of such tools. They find ' +
    'people, take access away and read logs, and they change nothing that matters without a person’s yes.',
  'This demo runs now, on this machine. Two things are simulated: the apps, with 250 made-up people, and the people ' +
    'who decide. The server, the agent’s connection to it, every request and every answer are real.',
]

interface PlayOptions {
  fast?: boolean | undefined
  /** Whether the person in front of it decides, on the approval page. */
  page?: boolean | undefined
}

/** Runs the demo and cleans up. Returns whether everything went as expected. */
export async function play(io: Io, { fast = false, page = false }: PlayOptions): Promise<boolean> {
  const { script } = io
  const leaving = new AbortController()
  const until = leaving.signal
  void io.untilStopped().then(() => leaving.abort(new Error('it was asked to stop')))
  io.stdout.once('error', (error) => leaving.abort(error))

  const screen = openScreen(io, { fast, until })
  try {
    const story = acts(page ? personOnThePage(io) : graceInATerminal())
    await inWorld({ ...io, script }, { person: personAt(screen), until }, (world) =>
      runActs(story, world, screen),
    )
    return true
  } catch (error) {
    if (error instanceof NotApproved) {
      screen.say(`${error.message} Here the demo ends.`)
      return true
    }
    if (io.isOutputClosed?.()) return true
    io.stderr.write(`\n${failureText(error)}\n`)
    return false
  }
}

/** A simulated person, who sees that it is the wrong one. */
const personAt =
  (screen: Screen): Person =>
  async ({ message, tick }) => {
    screen.window('A question for you', [...message.split('\n'), '', `[ ] ${tick}`])
    await screen.pause(1.5)
    screen.by('person says', 'no')
    return false
  }

async function runActs(acts: readonly Act[], world: World, screen: Screen): Promise<void> {
  const began = Date.now()
  screen.heading('identity-mcp, a demonstration')
  for (const paragraph of OPENING) screen.say(paragraph)
  await screen.pause(1.5)
  for (const [at, { title, about, run }] of acts.entries()) {
    screen.heading(`${at + 1} of ${acts.length}  ${title}`)
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
