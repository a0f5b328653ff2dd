import type { RequestContext } from '../../../domain/operations.ts'
import { WrongAddress } from '../../../errors.ts'
import type { AppMemory } from '../../../store/app-memory.ts'
import type { ApiRequest } from '../../http/client.ts'
import { causeOf } from '../../http/errors.ts'
import type { Failure, ParsedReply } from '../../http/reply.ts'
import { singleFlight } from '../../http/single-flight.ts'
import { saysNoData } from '../envelope.ts'
import type { Dialect } from './dialect.ts'
import { ask, type RestApp, refusal, rowsIn } from './request.ts'
import { SERVICES_PROBE, servicesDialect } from './services.ts'
import { USERS_PROBE, usersDialect } from './users.ts'

const DIALECTS = { services: servicesDialect, users: usersDialect } as const
export type DialectName = keyof typeof DIALECTS

export const dialectNamed = (app: RestApp, name: DialectName): Dialect => DIALECTS[name](app)

/** The documented dialect first. */
export const PROBES: readonly { name: DialectName; request: ApiRequest }[] = [
  { name: 'services', request: SERVICES_PROBE },
  { name: 'users', request: USERS_PROBE },
]

const DIALECT_KEY = 'gainsight.restDialect'

/** The dialect that was found before. */
export async function dialectIn(memory: AppMemory): Promise<DialectName | undefined> {
  const kept = await memory.get<string>(DIALECT_KEY)
  return PROBES.find(({ name }) => name === kept)?.name
}

/** The tenant's dialect: from the settings, from memory, or found with a read and remembered. */
export function dialectOf(app: RestApp): (context: RequestContext) => Promise<Dialect> {
  const { restDialect } = app.settings
  let known = restDialect === 'auto' ? undefined : dialectNamed(app, restDialect)
  const find = singleFlight(async (context) => {
    const kept = await dialectIn(app.memory)
    const name = kept ?? (await probeDialects(app, context))
    known ??= dialectNamed(app, name)
    if (name !== kept) await app.memory.set(DIALECT_KEY, name)
    return known
  })
  return async (context) => known ?? find(context)
}

async function probeDialects(app: RestApp, context: RequestContext): Promise<DialectName> {
  let last: Failure | undefined
  for (const { name, request } of PROBES) {
    const { isThere, failure } = await tryDialect(app, request, context)
    if (isThere) return name
    last = failure ?? last
  }
  throw noRestApi(last)
}

/** Whether the API of a dialect answers. Throws for a failure that does not tell. */
export async function tryDialect(
  { client }: RestApp,
  request: ApiRequest,
  context: RequestContext,
): Promise<{ isThere: boolean; failure?: Failure }> {
  const answer = await ask(client, request, context)
  if (answer.ok || isListOfUsers(answer)) return { isThere: isListOfUsers(answer) }
  const { failure } = answer
  if (!isElsewhere(failure)) throw refusal(failure, 'reads')
  return { isThere: false, failure }
}

export const noRestApi = (last?: Failure) =>
  new WrongAddress(
    'There is no REST API for users at the address of this tenant.',
    'Check `url` of this tenant. A tenant with SCIM only needs no `accessKey`.',
    last && { cause: causeOf(last) },
  )

/** Whether an answer is a list of users, even an empty one. */
const isListOfUsers = (answer: ParsedReply): boolean =>
  answer.ok ? rowsIn(answer.body) !== undefined : saysNoData(answer.failure)

/** A gateway answered that the path does not exist. */
const isElsewhere = ({ status, form }: Failure): boolean =>
  [404, 405, 501].includes(status) || (form === 'html' && status < 500 && status !== 401 && status !== 403)
