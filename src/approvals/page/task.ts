import type { IncomingMessage } from 'node:http'
import { personInWords } from '../../domain/caller-names.ts'
import { IdentityError, InvalidInput } from '../../errors.ts'
import type { InFlight } from '../../in-flight.ts'
import type { StateSigner } from '../../store/signed-state.ts'
import { sameText } from '../../text/text.ts'
import { finishTask, type TaskParts } from '../finish-task.ts'
import type { Task } from '../tasks.ts'
import { formIn } from './form.ts'
import { type Html, html } from './html.ts'
import type { KnownBrowser } from './known-browser.ts'
import { layout, pathOf, quoted, time } from './layout.ts'
import { isSameOrigin, messageReply, type Reply, retryAfter, statusFor } from './reply.ts'

interface TaskPageParts extends TaskParts {
  signer: StateSigner
  inFlight: InFlight
}

interface Visit {
  method: string
  origin: string
  request: IncomingMessage
  browser: KnownBrowser | undefined
}

/** Whether this is the id of a task, and not of a request. */
export const namesTask = (id: string): boolean => id.startsWith('task-')

/** The page of a task, and the word of its owner that it is done. */
export async function taskReply(
  parts: TaskPageParts,
  task: Task,
  { method, origin, request, browser }: Visit,
): Promise<Reply> {
  const show = async (
    status: number,
    problem?: { message: string; hint: string },
    saw = '',
  ): Promise<Reply> => {
    const token = await parts.signer.sign(boundTo(task), true)
    const now = (await parts.tasks.get(task.id)) ?? task
    return { status, body: taskPage(now, { token, saw, ...(problem && { problem }) }).markup }
  }
  if (method === 'GET') return show(200)
  const form = isSameOrigin(request, origin) ? await formIn(request) : 403
  if (typeof form === 'number')
    return messageReply(form, 'Nothing was noted', 'Open the link and fill in its form.')
  const { owner = '', passphrase = '', saw = '', token = '' } = form
  if ((await parts.signer.verify(boundTo(task), token)) !== true)
    return show(403, { message: 'The form is not valid any more.', hint: 'Use the one below.' }, saw)
  const address = request.socket.remoteAddress ?? ''
  const from =
    browser && sameText(browser.approver, owner)
      ? ({ place: 'own browser', browser: browser.id } as const)
      : ({ place: 'page', address, link: task.id } as const)
  try {
    if (saw.trim() === '') throw new InvalidInput('Say what you did and saw.', 'The journal keeps it.')
    await parts.inFlight.track(finishTask(parts, { id: task.id, owner, passphrase, saw, from }))
    return { status: 303, headers: { location: pathOf(task.id) } }
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error
    return { ...(await show(statusFor(error), error, saw)), headers: retryAfter(error) }
  }
}

const boundTo = ({ id }: Task): string[] => ['task page', id]

function taskPage(
  task: Task,
  { token, saw, problem }: { token: string; saw: string; problem?: { message: string; hint: string } },
): Html {
  const { id, title, tenant, account, reason, givenAt, tool, done } = task
  const rows: [string, Html][] = [
    ['Person', quoted(account.userName, 'as asked for')],
    ['App', html`${title}, tenant <code>${tenant}</code>`],
    ['Reason', reason === undefined ? html`<em>none given</em>` : quoted(reason, 'from the agent')],
    ['Requested by', html`${personInWords(task)}`],
    ['Tool', html`<code>${tool}</code>`],
    ['Given', time(givenAt)],
  ]
  const main = html`${
    problem &&
    html`<div class="problem" role="alert" tabindex="-1" autofocus><h2>Nothing was noted</h2><p>${problem.message} ${problem.hint}</p></div>`
  }
<p class="status"><span class="pill ${done ? 'used' : 'pending'}">${done ? 'Done' : 'To be done by hand'}</span> Task <code>${id}</code></p>
<h1>Deactivate ${account.userName} in ${title}</h1>
<dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${done ? html`<section class="decided" aria-labelledby="outcome"><h2 id="outcome">Done</h2><p>${time(done.at)}. ${quoted(done.saw, 'its owner')}</p></section>` : doneForm(id, { token, saw })}`
  return layout(`Task ${id}`, main, done ? undefined : { id: 'decide', label: 'Skip to the form' })
}

const doneForm = (
  id: string,
  { token, saw }: { token: string; saw: string },
): Html => html`<section class="decide" aria-labelledby="decide">
<h2 id="decide" tabindex="-1">Say that it is done</h2>
<p>Make the change in the app first. Nobody else looks whether it was made: your word is what the journal has.</p>
<form method="post" action="${pathOf(id)}" autocomplete="off">
<input type="hidden" name="token" value="${token}">
<div class="field">
<label for="saw">What you did, and what the app shows now</label>
<input id="saw" name="saw" type="text" required maxlength="400" value="${saw}">
</div>
<div class="field">
<label for="owner">Your name</label>
<input id="owner" name="owner" type="text" required autocapitalize="none" spellcheck="false" maxlength="64">
</div>
<div class="field">
<label for="passphrase">Passphrase</label>
<p class="hint" id="passphrase-hint">Do not save it in the browser: an agent may be able to use your browser.</p>
<input id="passphrase" name="passphrase" type="password" required maxlength="1024" aria-describedby="passphrase-hint">
</div>
<button type="submit">It is done</button>
</form>
</section>`
