import { fieldLabel } from '../changes/field-labels.ts'
import type { Alteration, BriefedAccount, BriefedChange, Briefing, Place, Words } from '../domain/briefing.ts'
import { plainText } from '../text/text.ts'
import { alarmsOf, type Earlier, warningsOf } from './alarms.ts'
import { type Approval, whoMustAgree } from './approval.ts'
import { headline } from './headline.ts'

/** One value that a request sets, at one account. */
interface OutlineRow extends Place {
  account: string
  name?: string
  admin?: true
  field: string
  before?: string
  after: string
  /** Who chose `after`. */
  from: Alteration['from']
}

/** What the page of a request shows first, as data: who, what, in which direction, and what is unusual. */
interface Outline {
  headline: Words
  unusual: string[]
  /** Who must agree, unless any one approver is enough. */
  mustAgree?: string
  rows: OutlineRow[]
  /** How many values there are besides. */
  more: number
  /** How many accounts a run changes in each app. */
  places?: NonNullable<Briefing['run']>['places']
}

/** Most values that an outline has. The page has all of them. */
const MAX_ROWS = 50
const MAX_TEXT = 320

/** The outline of a request; undefined for one that came without a briefing. */
export function outlineOf(approval: Approval, earlier: Earlier): Outline | undefined {
  const { briefing, plan } = approval
  if (!briefing) return undefined
  const rows = briefing.changes.flatMap((change) =>
    change.accounts.flatMap((account) => account.alters.map((alters) => rowOf(change, account, alters))),
  )
  const mustAgree = whoMustAgree(approval)
  return {
    headline: headline(briefing).map((word) =>
      typeof word === 'string' ? word : { theirs: shown(word.theirs) },
    ),
    unusual: [...alarmsOf(briefing, earlier), ...warningsOf(plan).map(shown)],
    ...(mustAgree !== undefined && { mustAgree }),
    rows: rows.slice(0, MAX_ROWS),
    more: Math.max(0, rows.length - MAX_ROWS),
    ...(briefing.run && { places: briefing.run.places }),
  }
}

const rowOf = (
  { app, tenant, group }: BriefedChange,
  { userName, name, admin }: BriefedAccount,
  { what, before, after, from }: Alteration,
): OutlineRow => ({
  ...{ app, tenant, account: shown(userName) },
  ...(name !== undefined && { name: shown(name) }),
  ...(admin && { admin }),
  field: what === 'membership' && group ? `Group ${shown(group.name)}` : (fieldLabel(what) ?? shown(what)),
  ...(before !== undefined && { before: shown(before) }),
  ...{ after: shown(after), from },
})

const shown = (text: string): string => plainText(text, MAX_TEXT)
