import { answerIn, el, failureSection, fill, folded, localTime, pill, theirs, words } from './elements.mjs'
import { begin } from './host.mjs'

const STATUS = { active: 'good', inactive: 'bad' }
const MOST_NAMED = 8

const fact = (label, inside) =>
  inside === undefined || inside.length === 0
    ? undefined
    : el('div', '', el('dt', '', label), el('dd', '', inside))

const named = (names, more = 0) => {
  if (names === undefined) return undefined
  const left = names.length - MOST_NAMED + more
  const told = names
    .slice(0, MOST_NAMED)
    .flatMap((name, at) => (at === 0 ? [theirs(name)] : [', ', theirs(name)]))
  return names.length === 0 ? 'none' : [...told, left > 0 && ` and ${left} more`]
}

const text = (value) => (value === undefined ? undefined : theirs(value))

/** One account: find_user tells its fields, explain_access what it can do besides. */
function accountSection(account, access = {}) {
  const { lastSignIn = account.lastSignInAt, changes = [] } = access
  return el(
    'section',
    'account',
    el(
      'h2',
      '',
      el('span', '', account.tenant),
      pill(account.status, STATUS[account.status] ?? 'plain'),
      account.admin && pill('Administrator', 'bad'),
    ),
    account.caution && el('p', 'alarm', theirs(account.caution)),
    el(
      'dl',
      '',
      fact('User name', text(account.userName)),
      fact('Title', text(account.title)),
      fact('Department', text(account.department)),
      fact('Groups', named(access.groups ?? account.groups, access.moreGroups ?? account.moreGroups)),
      fact('Roles', named(access.roles) ?? text(account.role)),
      fact('Licence', text(access.licence ?? account.licence)),
      fact('Manager', text(access.manager ?? account.managerName ?? account.manager)),
      fact('Last sign-in', lastSignIn === undefined ? 'not known' : localTime(lastSignIn)),
      fact('Provisioned by', text(access.provisionedBy)),
      fact('Sessions', text(access.sessions)),
      fact('Factors', named(access.factors)),
    ),
    changes.length > 0 &&
      folded(
        `Last changes (${changes.length})`,
        el(
          'ul',
          '',
          changes.map(({ time, actor, action }) =>
            el(
              'li',
              '',
              localTime(time),
              ': ',
              theirs(action),
              actor !== undefined && [' by ', theirs(actor)],
            ),
          ),
        ),
      ),
  )
}

const personSection = ({ name, email, doubt, accounts, facts }) => [
  el('h1', '', theirs(name ?? email ?? 'No name')),
  name !== undefined && email !== undefined && el('p', 'quiet', theirs(email)),
  doubt && el('p', 'alarm', theirs(doubt)),
  (accounts ?? []).map((account) => accountSection(account)),
  (facts ?? []).map(({ account, ...access }) =>
    accountSection({ tenant: access.tenant, ...account }, access),
  ),
]

/** What was not looked at is said, so that nobody takes it for "no account". */
function gaps({ searched = [], unknown = [] }) {
  const missed = searched.filter(({ outcome, note }) => outcome === 'not_searched' || note)
  const isAlarm =
    missed.some(({ outcome }) => outcome === 'not_searched') ||
    unknown.some(({ what }) => what === 'accounts')
  const absent = searched.filter(({ outcome }) => outcome === 'absent').map(({ tenant }) => tenant)
  return [
    absent.length > 0 && el('p', 'quiet', `No account in: ${absent.join(', ')}.`),
    (missed.length > 0 || unknown.length > 0) &&
      el(
        'section',
        isAlarm ? 'unusual' : 'notes',
        el('h2', '', isAlarm || unknown.length > 0 ? 'Not known' : 'Notes'),
        el(
          'ul',
          '',
          missed.map(({ tenant, outcome, note = '' }) =>
            el('li', '', `${tenant}: ${outcome === 'not_searched' ? 'not searched. ' : ''}`, theirs(note)),
          ),
          unknown.map(({ tenant, what, where }) =>
            el('li', '', `${tenant}: ${words(what)}. See: `, theirs(where)),
          ),
        ),
      ),
  ]
}

begin((result) => {
  const { data, failure } = answerIn(result)
  if (failure) return fill(failureSection(failure))
  const none =
    data.people.length === 0 && el('h1', '', data.complete ? 'Nobody found' : 'Nobody found so far')
  fill(
    none,
    data.people.map(personSection).flat(2),
    gaps(data),
    data.note && el('p', 'quiet', theirs(data.note)),
  )
})
