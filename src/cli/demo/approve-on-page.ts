import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { platform } from 'node:os'
import { join } from 'node:path'
import type { Io } from '../../app/io.ts'
import { openStores } from '../../app/stores.ts'
import { statusOf } from '../../approvals/approval.ts'
import { openApprovals } from '../../approvals/approvals.ts'
import { type Approver, addGrace, NotApproved } from './approver.ts'

const LINGER_MS = 2_000

/** The person in front of the demo, who decides on the approval page in the place of Grace. */
export function personOnThePage({ env }: Pick<Io, 'env'>): Approver {
  // Typed by hand, so it is short; it is valid for this demo alone.
  const passphrase = `grace-${randomBytes(4).toString('hex')}`
  return {
    setUp: (world, screen) => addGrace(world, screen, passphrase),
    async decide({ home, waitUntil }, screen, { id, approveAt, accounts }) {
      const [address = approveAt] = approveAt.split(' ')
      screen.say('Now it is your turn: you are Grace. Open this page, read it, and decide:')
      screen.rows([
        ['page', address],
        ['approver', 'grace'],
        ['passphrase', passphrase],
        ['accounts', String(accounts)],
      ])
      openBrowser(env, address)
      const approvals = openApprovals(openStores(join(home.folder, 'data')).store)
      let status: string = 'pending'
      await waitUntil(async () => {
        const approval = await approvals.get(id)
        status = approval ? statusOf(approval) : 'expired'
        return status !== 'pending'
      })
      // The browser asks the server once more, for the page that says what was decided.
      const seen = Date.now() + LINGER_MS
      await waitUntil(() => Date.now() >= seen)
      if (status !== 'approved')
        throw new NotApproved(`The request is ${status}, so the server changes nothing.`)
      screen.check(true, `You said yes, to exactly these ${accounts} accounts.`, status)
    },
  }
}

/** Opens the address in a browser, if this machine has one for the person. */
function openBrowser(env: Io['env'], address: string): void {
  const [command, ...args] = openerOn(platform(), env)
  if (command === undefined) return
  const opener = spawn(command, [...args, address], { stdio: 'ignore', detached: true })
  // The address stands on the screen too.
  opener.once('error', () => undefined)
  opener.unref()
}

function openerOn(system: NodeJS.Platform, env: Io['env']): string[] {
  if (system === 'darwin') return ['open']
  if (system === 'win32') return ['explorer']
  // Without a screen it would open a browser in this terminal.
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open'] : []
}
