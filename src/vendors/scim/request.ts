import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, type IdentityError, Unsupported } from '../../errors.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import { saysNothingFound } from '../http/classify.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import { causeOf, type Effect, notHere, toError } from '../http/errors.ts'
import { type Failure, type ParsedReply, parseReply } from '../http/reply.ts'
import { asList, asNumber, field, isRecord, type Rec } from '../http/values.ts'
import type { Capabilities } from './capabilities.ts'
import type { FieldMapping } from './fields.ts'
import type { Origin } from './read.ts'
import type { ScimSettings } from './settings.ts'

/** What a request was about, for the text of an error. */
export interface Asked {
  collection: 'Users' | 'Groups'
  effect: Effect
}

/** An app that speaks SCIM 2.0: how it is reached, and where it has its own mapping. */
export interface ScimApp extends Origin {
  client: ApiClient
  /** Keeps what was learned about the app. */
  memory: AppMemory
  settings: ScimSettings
  /** Which fields of an account can be set; those that RFC 7643 has a place for where left out. */
  mapping?: FieldMapping
  /** What was found out about the app before; a memory of its own where left out. */
  known?: Capabilities
  /** Tells a gateway's 404, by which the address is wrong, from the app's own, by which a record is absent. */
  isGateway?: (failure: Failure) => boolean
  /** The vendor's better words for a failure; undefined where it has none. */
  explain?: (failure: Failure, asked: Asked, context: RequestContext) => Promise<IdentityError | undefined>
}

/** Sends one request. What the app says against it is a value; only a lost connection throws. */
export async function ask(app: ScimApp, request: ApiRequest, context: RequestContext): Promise<ParsedReply> {
  const headers = {
    accept: 'application/scim+json, application/json',
    ...(request.body !== undefined && { 'content-type': app.settings.contentType }),
    ...request.headers,
  }
  return parseReply(await app.client.send({ ...request, headers }, context))
}

/** The error to throw for a failure. */
export async function refusal(
  app: ScimApp,
  failure: Failure,
  asked: Asked,
  context: RequestContext,
): Promise<IdentityError> {
  const explained = await app.explain?.(failure, asked, context)
  if (explained) return explained
  return isGateway(app, failure) ? notHere(failure) : toError(failure, asked.effect)
}

const isGateway = (app: ScimApp, failure: Failure): boolean =>
  failure.status === 404 && (failure.form === 'html' || (app.isGateway?.(failure) ?? false))

/** The failure says that a record is not there, and not that the address is wrong. */
export const isAbsent = (app: ScimApp, failure: Failure): boolean =>
  (failure.status === 404 && !isGateway(app, failure)) || saysNothingFound(failure)

/** One record by its path, or undefined when the app does not have it. */
export const readOne = async (
  app: ScimApp,
  request: ApiRequest,
  collection: Asked['collection'],
  context: RequestContext,
): Promise<Rec | undefined> => recordIn(app, await ask(app, request, context), collection, context)

/** The record that an answer holds, or undefined when it says that there is none; throws for any other failure. */
export async function recordIn(
  app: ScimApp,
  answer: ParsedReply,
  collection: Asked['collection'],
  context: RequestContext,
): Promise<Rec | undefined> {
  if (answer.ok) {
    if (isRecord(answer.body)) return answer.body
    throw notScim()
  }
  const { failure } = answer
  if (isAbsent(app, failure)) return undefined
  throw await refusal(app, failure, { collection, effect: 'reads' }, context)
}

/** Whether a filter is worth a request, for all that is known. */
export const filters = ({ known }: ScimApp): boolean => (known?.now.filter ?? 'honoured') === 'honoured'

/** One page of a list. */
export interface Rows {
  rows: unknown[]
  /** A hint only: apps are known to put the size of the page here (wso2/product-is#7320). */
  total?: number
}

/** Rows of a list reply; throws `BadReply` when it is none. */
export function rowsOf(body: unknown): Rows {
  const total = asNumber(field(body, 'totalResults'))
  // An empty list may come without `Resources` (RFC 7644 §3.4.2).
  const rows = asList(field(body, 'Resources')) ?? (total === undefined ? undefined : [])
  if (!rows) throw notScim()
  return { rows, ...(total !== undefined && { total }) }
}

/** What a list request brought, or its failure where that is for the caller to judge. */
export async function readList(
  app: ScimApp,
  collection: Asked['collection'],
  query: NonNullable<ApiRequest['query']>,
  context: RequestContext,
): Promise<Rows | { failure: Failure }> {
  const answer = await ask(app, { path: `/${collection}`, query }, context)
  if (answer.ok) return rowsOf(answer.body)
  return saysNothingFound(answer.failure) ? { rows: [], total: 0 } : { failure: answer.failure }
}

/** The error for a list that was refused; a collection that is not there is no missing record. */
export async function listRefusal(
  app: ScimApp,
  failure: Failure,
  collection: Asked['collection'],
  context: RequestContext,
): Promise<IdentityError> {
  const absent = [404, 405, 501].includes(failure.status) && !isGateway(app, failure)
  if (collection === 'Groups' && absent) await app.known?.note({ noGroups: true })
  if (failure.status !== 404) return refusal(app, failure, { collection, effect: 'reads' }, context)
  const explained = await app.explain?.(failure, { collection, effect: 'reads' }, context)
  if (explained) return explained
  if (collection === 'Users' || isGateway(app, failure)) return notHere(failure)
  return new Unsupported('The app does not tell its groups.', 'Look at the groups in its console.', {
    cause: causeOf(failure),
  })
}

export const notScim = (): IdentityError =>
  new BadReply(
    'The app answered with something that is not SCIM.',
    'Check `url` of this tenant and the path of its SCIM service.',
  )
