import { randomBytes } from 'node:crypto'
import type { PendingApproval } from '../../tools/fields.ts'
import { ADA } from './act.ts'
import type { Screen } from './screen.ts'
import type { Typed, World } from './world.ts'

interface Asked extends PendingApproval {
  /** How many accounts the plan changes, which an approver types. */
  accounts: number
}

/** They said no, or nobody decided in time. */
export class NotApproved extends Error {}

/** Whoever agrees for the company: one of the demo, or the person in front of it. */
export interface Approver {
  setUp(world: World, screen: Screen): Promise<void>
  /** Resolves once it is approved. */
  decide(world: World, screen: Screen, asked: Asked): Promise<void>
}

/** Makes Grace an approver. */
export async function addGrace({ home, type }: World, screen: Screen, passphrase: string): Promise<void> {
  const added = await typedBy(passphrase, (input) =>
    type(home, ['approvers', 'add', 'grace', '--passphrase-stdin'], input),
  )
  screen.terminal(added.command, added.output)
  screen.check(
    added.isWell && added.output.includes('grace may approve'),
    'Grace, who runs the IT desk, has a passphrase and may approve from now on.',
    added,
  )
}

/** Grace, simulated: she approves in a terminal. */
export function graceInATerminal(): Approver {
  const passphrase = `grace-${randomBytes(16).toString('hex')}`
  return {
    setUp: (world, screen) => addGrace(world, screen, passphrase),
    async decide({ home, type }, screen, { id, accounts }) {
      const shown = await type(home, ['approvals', 'show', id])
      screen.terminal(shown.command, shown.output)
      screen.check(
        shown.code === 0 && shown.output.includes(ADA) && shown.output.includes(`${accounts} accounts`),
        'Grace reads what would change, in the words of the server. The agent wrote none of them but the reason.',
        shown,
      )
      await screen.pause(1)
      const words = ['approvals', 'approve', id, '--approver', 'grace', '--confirm', String(accounts)]
      const approved = await typedBy(passphrase, (input) =>
        type(home, [...words, '--passphrase-stdin'], input),
      )
      const [, verdict = ''] = approved.output.split(/(?=^Approved)/m)
      screen.terminal(approved.command, verdict)
      screen.check(
        approved.isWell && verdict.startsWith('Approved by grace.'),
        `One yes, for exactly these ${accounts} accounts. Her passphrase is shown nowhere.`,
        approved,
      )
    },
  }
}

/** A command that reads the passphrase, and whether it kept it to itself. */
async function typedBy(passphrase: string, run: (input: string) => Promise<Typed>) {
  const done = await run(`${passphrase}\n`)
  return { ...done, isWell: done.code === 0 && !done.output.includes(passphrase) }
}
