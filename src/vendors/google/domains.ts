import type { RequestContext } from '../../domain/operations.ts'
import { asId, asList, asWord, field } from '../http/values.ts'
import { CUSTOMER, DIRECTORY, everyRowOf, type GoogleApi } from './api.ts'

interface Domain {
  name: string
  isVerified: boolean
  /** Domains whose addresses are aliases of those of this one. */
  aliases: string[]
}

/** The domains of the Workspace (developers.google.com, "domains.list"). */
export async function domainsOf(api: GoogleApi, context: RequestContext): Promise<Domain[]> {
  const rows = await everyRowOf(
    api,
    {
      scope: 'admin.directory.domain.readonly',
      path: `${DIRECTORY}/customer/${CUSTOMER}/domains`,
      rows: 'domains',
    },
    (row) => asId(field(row, 'domainName')),
    context,
  )
  return rows.map((row) => ({
    name: asWord(field(row, 'domainName')) ?? '',
    isVerified: field(row, 'verified') === true,
    aliases: (asList(field(row, 'domainAliases')) ?? []).flatMap(
      (one) => asWord(field(one, 'domainAliasName')) ?? [],
    ),
  }))
}
