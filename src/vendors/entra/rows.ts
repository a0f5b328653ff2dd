import type { RequestContext } from '../../domain/operations.ts'
import { Forbidden, NotFound } from '../../errors.ts'
import { asId, field, isRecord, type Rec } from '../http/values.ts'
import { everyRow } from '../records/reads.ts'
import { type GraphRequest, pageOf } from './api.ts'
import type { Connection } from './clients.ts'

export const MAX_PAGES = 500

/** Every row of a list with an id. Throws unless it was read to its end. */
export const allRows = (
  connection: Connection,
  first: GraphRequest,
  context: RequestContext,
): Promise<Rec[]> =>
  everyRow<Rec>({
    fetch: (_, cursor) => pageOf(connection, { first, cursor }, context),
    read(row) {
      const id = asId(field(row, 'id'))
      return id !== undefined && isRecord(row) ? { id, item: row } : undefined
    },
    pageSize: connection.pageSize,
    maxPages: MAX_PAGES,
  })

/** What is not for this app registration is not known, nor what another replica does not have yet. */
export async function ifAllowed<Told>(work: () => Promise<Told>): Promise<Told | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Forbidden || error instanceof NotFound) return undefined
    throw error
  }
}
