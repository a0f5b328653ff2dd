// Elements of the views. Whatever text there is becomes a text node, never markup.

/** An element of this class, with texts and elements inside; what is undefined or false is left out. */
export function el(tag, className, ...inside) {
  const made = document.createElement(tag)
  if (className) made.className = className
  made.append(...shownOf(inside))
  return made
}

/** Text that stands in an app or comes from the agent: it keeps its direction to itself. */
export const theirs = (text) => el('bdi', 'theirs', String(text))

/** Puts these elements in place of all that the view shows. */
export const fill = (...inside) => document.getElementById('view').replaceChildren(...shownOf(inside))

const shownOf = (inside) =>
  inside.flat(Infinity).filter((one) => one !== undefined && one !== false && one !== '')

/** What a tool answered: the data, the same from its text, or what went wrong. */
export function answerIn({ structuredContent, content, isError, cancelled, _meta }) {
  if (cancelled) return { failure: { message: 'The call was cancelled.', hint: '' } }
  const data = structuredContent ?? parsed(content?.find(({ type }) => type === 'text')?.text)
  if (isError || data === undefined) {
    const { message = 'The answer cannot be shown here.', hint = '' } = data?.error ?? {}
    return { failure: { message, hint } }
  }
  return { data, outline: _meta?.['io.github.identity-mcp-server/outline'] }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const failureSection = ({ message, hint }) => [
  el('h1', '', 'Not done'),
  el('p', 'alarm', message),
  hint && el('p', 'quiet', hint),
]

/** A table whose rows stand one below the other where there is little room. */
export function table(labels, rows) {
  const head = el(
    'tr',
    '',
    labels.map((label) => {
      const cell = el('th', '', label)
      cell.scope = 'col'
      return cell
    }),
  )
  const body = rows.map((cells) =>
    el(
      'tr',
      '',
      cells.map((inside, at) => {
        const cell = el(at === 0 ? 'th' : 'td', '', inside)
        if (at === 0) cell.scope = 'row'
        cell.dataset.label = labels[at]
        return cell
      }),
    ),
  )
  return el('table', '', el('thead', '', head), el('tbody', '', body))
}

export const pill = (text, kind) => el('span', `pill ${kind}`, text)

/** What can be unfolded. */
export const folded = (title, ...inside) => el('details', '', el('summary', '', title), ...inside)

export const words = (name) => String(name).replaceAll('_', ' ')

/** A point in time as the person at this screen writes it. */
export function localTime(iso) {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return theirs(iso)
  const made = el('time', '', time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }))
  made.dateTime = time.toISOString()
  return made
}
