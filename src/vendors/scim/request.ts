import type { RequestContext } from '../../domain/operations.ts'
import { BadReply, type IdentityError, Unsupported } from '../../errors.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import { saysNothingFound } from '../http/classify.ts'
import type { ApiClient, ApiRequest } from '../http/client.ts'
import type { FetchedPage } from '../http/collect.ts'
import { causeOf, type Effect, scimNotServed, toError } from '../http/errors.ts'
import type { RecentPages } from '../http/recent-pages.ts'
import { type Failure, type ParsedReply, parseReply } from '../http/reply.ts'
import { isRecord, type Rec } from '../http/values.ts'
import type { Capabilities } from './capabilities.ts'
import type { FieldMapping } from './fields.ts'
import type { KnownForms } from './forms.ts'
import type { KnownMemberShape } from './member-shape.ts'
import type { MembersShown } from './members-shown.ts'
import type { Origin } from './read.ts'
import { placed, type ScimSettings } from './settings.ts'
import type { UserScan } from './user-scan.ts'

/** What a request was for, for the text of an error. */
export interface ScimRequestInfo {
  collection: 'Users' | 'Groups'
  effect: Effect
}

/** A SCIM 2.0 app: its client, and how it differs from the standard. */
export interface ScimApp extends Origin {
  client: ApiClient
  /** Keeps what the server learned about the app. */
  memory: AppMemory
  settings: ScimSettings
  /** Which account fields can be set. Default: the fields of RFC 7643. */
  mapping?: FieldMapping
  /** The form of the app's ids if they are no UUIDs, and nobody has one as a name. */
  idForm?: RegExp
  /** Pages that were just fetched. Without it, each page is fetched anew. */
  pages?: RecentPages
  /** Users that were read to look somebody up. Without it, each look-up reads the list anew. */
  scan?: UserScan
  /** The app leaves the members out of a list of groups unless it is asked for them. */
  omitsMembers?: boolean
  /** The known capabilities of the app. Default: a new instance over `memory`. */
  known?: Capabilities
  /** The known forms of a change. Without them, each change finds out again. */
  forms?: KnownForms
  /** Likewise for the members of groups. */
  memberShape?: KnownMemberShape
  membersShown?: MembersShown
  /** Names of the custom attributes that can be set. */
  attributeNames?: readonly string[]
  /**
   * Any app that speaks SCIM: its `/Schemas` are asked for what a new account needs, and which forms of PATCH it takes is
   * found out. Of vendors of their own both are known.
   */
  isGeneric?: boolean
  /** Tests what the app does with filters; callers at the same time share one test. */
  testFilters?: (context: RequestContext) => Promise<ScimRows | { failure: Failure }>
  /** Whether a 404 comes from a gateway (wrong address) and not from the app (missing record). */
  isGateway?: (failure: Failure) => boolean
  /** The vendor's specific error for a failure; undefined if it has none. */
  explain?: (
    failure: Failure,
    asked: ScimRequestInfo,
    context: RequestContext,
  ) => Promise<IdentityError | undefined>
}

/** Sends one request. A refusal by the app is a return value; only a network failure throws. */
export async function ask(app: ScimApp, request: ApiRequest, context: RequestContext): Promise<ParsedReply> {
  const headers = {
    // Some apps refuse an Accept with DELETE.
    ...(request.method !== 'DELETE' && { accept: 'application/scim+json, application/json' }),
    ...(request.body !== undefined && { 'content-type': app.settings.contentType }),
    ...request.headers,
  }
  const path = placed(app.settings.paths, request.path)
  return parseReply(await app.client.send({ ...request, path, headers }, context))
}

/** The error to throw for a failure. */
export async function refusal(
  app: ScimApp,
  failure: Failure,
  asked: ScimRequestInfo,
  context: RequestContext,
): Promise<IdentityError> {
  const explained = await app.explain?.(failure, asked, context)
  if (explained) return explained
  return isGateway(app, failure) ? scimNotServed(failure) : toError(failure, asked.effect)
}

/** A 404 that is not the app's: nobody serves this request there. */
export const isGateway = (app: ScimApp, failure: Failure): boolean =>
  failure.status === 404 && (failure.form === 'html' || (app.isGateway?.(failure) ?? false))

/** The failure means that the record does not exist, not that the address is wrong. */
export const isAbsent = (app: ScimApp, failure: Failure): boolean =>
  (failure.status === 404 && !isGateway(app, failure)) || saysNothingFound(failure)

/** One record by its path; undefined if it does not exist. */
export const readOne = async (
  app: ScimApp,
  request: ApiRequest,
  collection: ScimRequestInfo['collection'],
  context: RequestContext,
): Promise<Rec | undefined> => recordIn(app, await ask(app, request, context), collection, context)

/** The record in an answer; undefined if it does not exist. Throws for any other failure. */
export async function recordIn(
  app: ScimApp,
  answer: ParsedReply,
  collection: ScimRequestInfo['collection'],
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

/** One page of a list. */
export interface ScimRows extends Pick<FetchedPage, 'total' | 'nextCursor'> {
  rows: unknown[]
  /** Where the app says that the page starts, 1-based. */
  startIndex?: number
}

/** The error for a refused list. A 404 here means a missing collection, not a missing record. */
export async function listRefusal(
  app: ScimApp,
  failure: Failure,
  collection: ScimRequestInfo['collection'],
  context: RequestContext,
): Promise<IdentityError> {
  const absent = [404, 405, 501].includes(failure.status) && !isGateway(app, failure)
  if (collection === 'Groups' && absent) await app.known?.note({ noGroups: true })
  if (failure.status !== 404) return refusal(app, failure, { collection, effect: 'reads' }, context)
  const explained = await app.explain?.(failure, { collection, effect: 'reads' }, context)
  if (explained) return explained
  if (collection === 'Users' || isGateway(app, failure)) return scimNotServed(failure)
  return new Unsupported('The app does not list its groups.', 'Look at the groups in the app’s console.', {
    cause: causeOf(failure),
  })
}

export const notScim = (): IdentityError =>
  new BadReply(
    'The app’s answer is not SCIM.',
    'Check `url` of this tenant and the path of its SCIM service.',
  )
