import { defineVendor } from './define.ts'
import { directoryRecords } from './directory/records.ts'
import { type DirectorySettings, settings } from './directory/settings.ts'
import { recordReads } from './records/reads.ts'

export default defineVendor<DirectorySettings>({
  name: 'directory',
  title: 'People export',
  settings: () => settings,
  local: true,
  facts: () => ({
    deactivate: 'unknown',
    delete: 'unknown',
    endsSessions: 'unknown',
    audit: 'none',
    caveats: {
      more: 'A file that another system writes: what has changed since then is not in it, and nothing can be changed here.',
    },
  }),
  budget: {},
  about: [
    'Read-only. Answers say when the file was written.',
    'Rows that cannot be read, and ids that are there twice, leave look-ups open: nobody is said to be absent then.',
  ],
  operations: (own, { tenant }) => {
    const { source, check } = directoryRecords(own, tenant)
    return {
      ...recordReads(source),
      readAccess: async (_, context) => ({ state: (await source.standing(context)).note }),
      checkTokens: (_, context) => check(context),
    }
  },
})
