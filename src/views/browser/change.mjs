import { answerIn, el, failureSection, fill, folded, localTime, table, theirs } from './elements.mjs'
import { begin, openLink, opensLinks } from './host.mjs'
import { follow, outcomes, progress, statePill } from './rows.mjs'

const TITLES = {
  approval_required: 'A change waits for approval',
  done: 'Done',
  unchanged: 'Nothing to change',
  partial: 'Done in part',
  failed: 'Not done',
  cancelled: 'Cancelled',
}

/** Our words as they are, and names marked as what they are. */
const inWords = (headline) => headline.map((word) => (typeof word === 'string' ? word : theirs(word.theirs)))

const unusualSection = (unusual) => {
  if (unusual.length === 0) return undefined
  const made = el(
    'section',
    'unusual',
    el('h2', '', 'Look closely'),
    el(
      'ul',
      '',
      unusual.map((text) => el('li', '', theirs(text))),
    ),
  )
  made.setAttribute('aria-label', 'Unusual')
  return made
}

const rowsTable = (rows) =>
  table(
    ['Account', 'App', 'Field', 'Now', 'After'],
    rows.map(({ app, tenant, account, name, admin, field, before, after, from }) => [
      [
        theirs(account),
        name && [' ', el('small', 'quiet', theirs(name))],
        admin && el('span', 'pill bad', 'Administrator'),
      ],
      [app, ' ', el('span', 'quiet', tenant)],
      theirs(field),
      before === undefined ? 'not known' : from === 'server' ? before : theirs(before),
      el('strong', '', from === 'server' ? after : theirs(after)),
    ]),
  )

const placesTable = (places) =>
  table(
    ['App', 'Accounts', 'Administrators'],
    places.map(({ app, tenant, accounts, administrators }) => [
      [app, ' ', el('span', 'quiet', tenant)],
      String(accounts),
      administrators > 0 ? el('span', 'pill bad', String(administrators)) : '0',
    ]),
  )

/** Where a person decides: the button opens the page, and the page alone decides. */
function decideSection({ id, approveAt, expiresAt }) {
  const url = addressIn(approveAt)
  const button = el('button', '', 'Open the approval page')
  const said = el('p', 'quiet')
  said.setAttribute('role', 'status')
  button.type = 'button'
  button.addEventListener('click', () =>
    openLink(url).then(
      (answer) => said.replaceChildren(answer?.isError ? NOT_OPENED : 'Decide on the page that opens.'),
      () => said.replaceChildren(NOT_OPENED),
    ),
  )
  return el(
    'section',
    'decide',
    el('p', '', 'Nothing changes before a person approves. This card only shows the request.'),
    url && opensLinks() ? button : el('p', '', 'Decide here: ', el('code', 'copy', approveAt)),
    said,
    el('p', 'quiet', 'Request ', el('code', '', id), ', open until ', localTime(expiresAt)),
  )
}
const NOT_OPENED = 'The page was not opened. The assistant can give you its address.'

/** The address of the page; none where a person decides in a terminal. */
function addressIn(approveAt) {
  const [first = ''] = String(approveAt).split(' ')
  return /^https?:\/\/[^\s]+$/.test(first) && URL.canParse(first) ? first : undefined
}

const openRequest = (data, outline) => [
  el('h1', '', outline ? inWords(outline.headline) : TITLES.approval_required),
  el('p', '', statePill('approval_required')),
  outline && unusualSection(outline.unusual),
  outline && outline.rows.length > 0 && rowsTable(outline.rows),
  outline && outline.more > 0 && el('p', 'quiet', `And ${outline.more} more on the approval page.`),
  outline?.places && placesTable(outline.places),
  outline?.mustAgree && el('p', 'quiet', 'Must agree: ', theirs(outline.mustAgree)),
  decideSection(data.approval),
  folded(
    'The plan in full',
    el(
      'ul',
      '',
      data.approval.plan.map((line) => el('li', '', theirs(line))),
    ),
  ),
]

/** One change has no rows of its own. */
const rowsIn = ({ results, members, account, after, outcome, verified, note }) => {
  const rows = [...(results ?? []), ...(members ?? [])]
  if (rows.length > 0 || outcome === undefined) return rows
  const one = after ?? account
  return [{ account: one, tenant: one?.tenant, outcome, verified, note }]
}

const answered = (data) => {
  const rows = rowsIn(data)
  return [
    el('h1', '', TITLES[data.status] ?? 'Under way'),
    el('p', '', statePill(data.status ?? data.outcome ?? 'done')),
    data.runId && el('p', 'quiet', 'Run ', el('code', '', data.runId)),
    data.counts && progress(data.counts),
    rows.length > 0 && outcomes(rows),
    data.note && el('p', 'quiet', theirs(data.note)),
  ]
}

begin((result) => {
  const { data, failure, outline } = answerIn(result)
  if (failure) return fill(failureSection(failure))
  fill(data.approval ? openRequest(data, outline) : answered(data))
  if (data.runId && !data.approval) follow(data.runId, data.status)
})
