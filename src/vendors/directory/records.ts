import type { RequestContext, TokenCheck } from '../../domain/operations.ts'
import { wordsOf } from '../../domain/same.ts'
import { Conflict, IdentityError } from '../../errors.ts'
import { isRecord } from '../http/values.ts'
import type { RecordSource, Standing } from '../records/source.ts'
import type { Origin } from '../scim/read.ts'
import { openExport } from './export.ts'
import { asScim, type Entry, idOf } from './record.ts'
import type { DirectorySettings } from './settings.ts'

const PAGE_SIZE = 1_000

interface CopiedSource extends RecordSource {
  standing(context: RequestContext): Promise<Standing & { note: string }>
}

/** The people of a file. */
export function directoryRecords(
  { file, columns }: Pick<DirectorySettings, 'file' | 'columns'>,
  tenant: string,
): { source: CopiedSource; check: (context: RequestContext) => Promise<TokenCheck[]> } {
  const origin: Origin = { tenant, vendor: 'directory' }
  const content = openExport(file, columns)
  const source: CopiedSource = {
    origin,
    takes: [],
    pageSize: PAGE_SIZE,
    maxPages: Number.POSITIVE_INFINITY,
    asScim: (raw) => (isRecord(raw) ? raw : undefined),
    async one(id, context) {
      const entry = (await content(context)).named(id).find((one) => idOf(one) === id)
      return entry && asScim(entry)
    },
    async named({ user, also = [] }, context) {
      const { named } = await content(context)
      return { direct: [user, ...also].flatMap(named).map(asScim), searched: [] }
    },
    async called(name, context) {
      const [word = ''] = wordsOf(name)
      const { entries } = await content(context)
      return { rows: entries.filter((entry) => mayBear(entry, word)).map(asScim) }
    },
    async page({ start, cursor }, context) {
      const { entries, version } = await content(context)
      const cursorAt = (row: number) => `${row}@${version}`
      if (cursor !== undefined && cursor !== cursorAt(start)) {
        throw new Conflict(
          'The file has changed since this list was begun.',
          'Begin it again, without a cursor.',
        )
      }
      const end = start - 1 + PAGE_SIZE
      return {
        rows: entries.slice(start - 1, end).map(asScim),
        askedBy: { cursor: cursorAt(start) },
        ...(end < entries.length && { nextCursor: cursorAt(end + 1) }),
      }
    },
    async standing(context) {
      const { note, gap } = await content(context)
      return { note: note(), ...(gap && { gap }) }
    },
  }
  return {
    source,
    async check(context) {
      try {
        const { entries, note, gap } = await content(context)
        const people = `${entries.length} ${entries.length === 1 ? 'person' : 'people'}.`
        return [checked({ ok: !gap, meaning: `${people} ${note()}`, ...(gap && { hint: gap.hint }) })]
      } catch (error) {
        if (!(error instanceof IdentityError)) throw error
        return [checked({ ok: false, meaning: error.message, hint: error.hint })]
      }
    },
  }
}

const checked = (surface: { ok: boolean; meaning: string; hint?: string }): TokenCheck => ({
  token: 'file',
  verdict: surface.ok ? 'ok' : 'unreachable',
  surfaces: [{ surface: 'file', ...surface }],
  budget: [],
})

/** Whether a word is in any of the names; who bears the whole name is looked at more closely. */
function mayBear({ fields: { name, givenName, familyName, userName, email } }: Entry, word: string): boolean {
  return wordsOf([name, givenName, familyName, userName, email].join(' ')).includes(word)
}
