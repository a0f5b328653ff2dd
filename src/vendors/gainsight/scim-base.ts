import type { RequestContext } from '../../domain/operations.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import type { ApiClient } from '../http/client.ts'
import { isListResponse } from '../http/probe.ts'
import { type ParsedReply, parseReply } from '../http/reply.ts'
import { singleFlight } from '../http/single-flight.ts'
import { SCIM_BASES } from './settings.ts'

const SCIM_BASE_KEY = 'gainsight.scimBasePath'

/** The path of a tenant's SCIM service. */
export interface ScimBase {
  /** From the settings, from memory, or found with a read and remembered. */
  find(context: RequestContext): Promise<string>
  /** The best answer so far, without a request. */
  known(): string
}

export function scimBase(
  set: string | undefined,
  open: (base: string) => ApiClient,
  memory: AppMemory,
): ScimBase {
  let known = set
  const find = singleFlight(async (context) => {
    const kept = await memory.get<string>(SCIM_BASE_KEY)
    known = SCIM_BASES.find((base) => base === kept)
    if (known) return known
    const { base, sure } = await probeBases(open, context)
    if (sure) {
      known = base
      await memory.set(SCIM_BASE_KEY, base)
    }
    return base
  })
  return { find: async (context) => known ?? find(context), known: () => known ?? SCIM_BASES[0] }
}

/** If neither base gives a clear answer, the caller's own request will report why. */
async function probeBases(
  open: (base: string) => ApiClient,
  context: RequestContext,
): Promise<{ base: string; sure: boolean }> {
  for (const base of SCIM_BASES) {
    const answer = parseReply(await open(base).send({ path: '/Users', query: { count: 1 } }, context))
    if (answer.ok && isListResponse(answer.body)) return { base, sure: true }
    // A gateway can ask for a token before it checks the path.
    if (!answer.ok && ![401, 403, 404, 405, 501].includes(answer.failure.status) && !isWebPage(answer)) break
  }
  return { base: SCIM_BASES[0], sure: false }
}

const isWebPage = (answer: ParsedReply): boolean =>
  !answer.ok && answer.failure.form === 'html' && answer.failure.status < 500
