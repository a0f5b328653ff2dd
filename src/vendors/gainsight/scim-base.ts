import type { RequestContext } from '../../domain/operations.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import type { ApiClient } from '../http/client.ts'
import { type ParsedReply, parseReply } from '../http/reply.ts'
import { field } from '../http/values.ts'
import { singleFlight } from './single-flight.ts'

/**
 * Where SCIM is served: Gainsight's "Okta Gainsight SCIM Setup" names the first, stitchflow.com's guide (2026-03-11)
 * the second.
 */
const BASES = ['/v1/users/services/scim', '/scim/v2'] as const

const FOUND = 'gainsight.scimBasePath'

/** Where a tenant's SCIM service is. */
export interface Base {
  /** As set, as remembered, or found out by a read and remembered. */
  find(context: RequestContext): Promise<string>
  /** As far as it is known. */
  known(): string
}

export function scimBase(
  set: string | undefined,
  open: (base: string) => ApiClient,
  memory: AppMemory,
): Base {
  let known = set
  const find = singleFlight(async (context) => {
    const kept = await memory.get<string>(FOUND)
    known = BASES.find((base) => base === kept)
    if (known) return known
    const { base, sure } = await tryOut(open, context)
    if (sure) {
      known = base
      await memory.set(FOUND, base)
    }
    return base
  })
  return { find: async (context) => known ?? find(context), known: () => known ?? BASES[0] }
}

/** Where the app refuses both, or can't say, the next request will find out why. */
async function tryOut(
  open: (base: string) => ApiClient,
  context: RequestContext,
): Promise<{ base: string; sure: boolean }> {
  for (const base of BASES) {
    const answer = parseReply(await open(base).send({ path: '/Users', query: { count: 1 } }, context))
    if (isList(answer)) return { base, sure: true }
    // A gateway may ask for a token before it looks whether somebody serves the path.
    if (!answer.ok && ![401, 403, 404, 405, 501].includes(answer.failure.status) && !isPage(answer)) break
  }
  return { base: BASES[0], sure: false }
}

const isList = (answer: ParsedReply): boolean =>
  answer.ok &&
  (Array.isArray(field(answer.body, 'Resources')) || field(answer.body, 'totalResults') !== undefined)

const isPage = (answer: ParsedReply): boolean =>
  !answer.ok && answer.failure.form === 'html' && answer.failure.status < 500
