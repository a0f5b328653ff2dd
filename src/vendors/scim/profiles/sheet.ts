import type { Facts } from '../../../domain/facts.ts'
import { type AppBehaviour, hiddenText } from '../behaviour.ts'
import type { AppName } from './apps.ts'
import type { ProfileSettings } from './define.ts'
import { blanksIn } from './fill-in.ts'
import { profileOf, settingsOf, sourcesOf } from './index.ts'

/** What is known of an app, for people. */
export interface AppSheet {
  app: AppName
  title: string
  /** What to write as a tenant, with placeholders. */
  tenant: Readonly<Record<string, unknown>>
  address?: string
  /** What each blank of the address means. */
  at: Readonly<Record<string, string>>
  /** `unsupported`: nobody can be switched off over SCIM. */
  deactivate: Facts['deactivate'] | 'unsupported'
  delete: Facts['delete']
  /** Sentences under a word each. */
  notes: readonly { about: string; text: string }[]
  /** Other settings of the profile. */
  sets: Readonly<Record<string, unknown>>
  unknown: readonly string[]
  sources: readonly string[]
}

const DEACTIVATION: Record<AppSheet['deactivate'], string> = {
  reversible: 'It can be undone.',
  deletes: 'It DELETES the account.',
  unsupported: '',
  unknown: '',
}
const SWITCHED_BY: Record<NonNullable<AppBehaviour['deactivateBy']>, string> = {
  active: '',
  delete: 'It is a DELETE request.',
  none: 'Not possible over SCIM.',
}
const SEAT: Record<NonNullable<Facts['freesSeat']>, string> = {
  yes: 'Switching off gives it back.',
  no: 'Switching off does not give it back.',
  unknown: '',
}
const DELETION: Record<Facts['delete'], string> = {
  hard: 'It cannot be undone.',
  soft: 'The record is kept for a while.',
  deactivates: 'It deactivates the account.',
  unlinks: 'It unlinks the account from the directory.',
  unknown: '',
}

export function sheetOf(app: AppName): AppSheet {
  const profile = profileOf(app)
  const known = settingsOf(profile)
  const { title, url, tokenMade, caveats = {}, ...more } = known
  const { deactivateMeans = 'unknown', deleteMeans = 'unknown', endsSessions = 'unknown', ...others } = more
  const { freesSeat = 'unknown', hides, deactivateBy = 'active', ...sets } = others
  const hidden = caveats.hides ?? hiddenText({ hides })
  const deactivate = switchedOff(deactivateBy, deactivateMeans)
  const notes = [
    {
      about: 'Switching off',
      text: joined(SWITCHED_BY[deactivateBy], DEACTIVATION[deactivate], caveats.deactivate),
    },
    { about: 'Deleting', text: joined(DELETION[deleteMeans], caveats.delete) },
    { about: 'Sessions', text: endsSessions === 'yes' ? 'Switching off ends them.' : '' },
    { about: 'Seat', text: SEAT[freesSeat] },
    { about: 'Not shown', text: hidden ? `${hidden}.` : '' },
    { about: 'Token', text: joined(tokenMade, caveats.token) },
    { about: 'Also', text: joined(caveats.more) },
  ]
  const unknown = {
    'the address': url === undefined,
    'whether switching off can be undone': deactivate === 'unknown',
    'what deleting does': deleteMeans === 'unknown',
    'whether sessions end': endsSessions === 'unknown',
    'whether the seat is given back': freesSeat === 'unknown',
    'whom the app does not show': hidden === undefined,
    'where the token is made': tokenMade === undefined,
  }
  return {
    app,
    title,
    tenant: tenantFor(app, known),
    ...(url && { address: url }),
    at: profile.at ?? {},
    deactivate,
    delete: deleteMeans,
    notes: notes.filter(({ text }) => text !== ''),
    sets,
    unknown: Object.entries(unknown).flatMap(([what, isUnknown]) => (isUnknown ? [what] : [])),
    sources: sourcesOf(profile),
  }
}

/** What switching off comes to: a DELETE request counts as a deletion, as it does in plans. */
function switchedOff(
  by: NonNullable<AppBehaviour['deactivateBy']>,
  means: Facts['deactivate'],
): AppSheet['deactivate'] {
  if (by === 'none') return 'unsupported'
  return by === 'delete' ? 'deletes' : means
}

const joined = (...texts: readonly (string | undefined)[]): string => texts.filter((text) => text).join(' ')

function tenantFor(app: AppName, { url, grant }: ProfileSettings): AppSheet['tenant'] {
  const blanks = url === undefined ? [] : blanksIn(url).map((blank) => blank.slice(1, -1))
  return {
    vendor: 'scim',
    app,
    ...(blanks.length > 0 && { at: Object.fromEntries(blanks.map((name) => [name, `<${name}>`])) }),
    ...(url === undefined && { url: '<the address that the app shows>' }),
    ...(grant && { clientId: '<clientId>' }),
    ...(grant === 'account_credentials' && { accountId: '<accountId>' }),
    tokens: grant
      ? { clientSecret: `env:${variableFor(app)}_CLIENT_SECRET` }
      : { scim: `env:${variableFor(app)}_TOKEN` },
  }
}

const variableFor = (app: AppName): string =>
  app
    .toUpperCase()
    .replace(/\W/g, '_')
    .replace(/^(?=\d)/, '_')
