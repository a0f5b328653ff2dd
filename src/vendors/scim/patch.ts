import type { AccountFields, RequestContext, Target } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { refusesForm } from '../http/classify.ts'
import { path } from '../http/client.ts'
import type { Failure, ParsedReply } from '../http/reply.ts'
import { asList, field, keyOf, type Rec } from '../http/values.ts'
import { type Current, readCurrent } from './current-user.ts'
import { type Edit, edited, pathTo } from './edits.ts'
import { changesList, editsFor, schemasOf } from './fields.ts'
import { ask, refusal, type ScimApp } from './request.ts'

const STRATEGIES = ['path', 'pathless', 'put'] as const
type Strategy = (typeof STRATEGIES)[number]

const STRATEGY_KEY = 'scim.patchStrategy'
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** Sets whether a user is active. Throws `UnknownOutcome` if the change may have been made. */
export const setActive = (
  app: ScimApp,
  target: Target,
  active: boolean,
  context: RequestContext,
): Promise<void> => change(app, target, { edits: () => [{ at: ['active'], value: active }] }, context)

/** Changes only the given fields. Throws `Unsupported` for a field that the app does not accept. */
export const updateAccount = async (
  app: ScimApp,
  { set, ...target }: Target & { set: AccountFields },
  context: RequestContext,
): Promise<void> => {
  const edits = (current: Rec) => editsFor(app.mapping, set, current)
  return change(app, target, { edits, fromCurrent: changesList(set) }, context)
}

/** The app does not offer PATCH: start with PUT. */
export const notePut = (app: ScimApp): Promise<void> => noteWorking(app, 'put')

const noteWorking = (app: ScimApp, strategy: Strategy) => app.memory.set(STRATEGY_KEY, strategy)

interface UserChange {
  edits: (current: Rec) => readonly Edit[]
  /** The request depends on the current record. */
  fromCurrent?: boolean
}

/**
 * Changes a user with the first form that the app accepts. It tries the next form only if the app certainly refused the
 * previous one, so the change is made at most once.
 */
async function change(
  app: ScimApp,
  target: Target,
  wanted: UserChange,
  context: RequestContext,
): Promise<void> {
  // Reject unsupported fields before sending anything.
  wanted.edits({})
  const set = app.settings.patchStrategy
  const worked = set === 'auto' ? await knownStrategy(app) : undefined
  const order = set === 'auto' ? [...new Set([...(worked ? [worked] : []), ...STRATEGIES])] : [set]
  const { current, isNewer } = currentOf(app, target, context)
  let refused: Failure | undefined
  let noPatch = false
  for (const strategy of order) {
    if (noPatch && strategy !== 'put') continue
    const attempt = () => sendUser(app, strategy, { ...wanted, target, current }, context)
    const first = await attempt()
    // After a concurrent change, try once more with the new version. Never send a change without its version.
    const answer = isOutdated(first) && (await isNewer()) ? await attempt() : first
    if (answer.ok) {
      if (set === 'auto' && strategy !== worked) await noteWorking(app, strategy)
      return
    }
    const aboutForm = refusesForm(answer.failure)
    // An error about the content is more useful than "method not offered".
    if (!aboutForm || refused?.status !== 400) refused = answer.failure
    if (!aboutForm) break
    noPatch ||= strategy !== 'put' && answer.failure.status === 405
  }
  if (refused) throw await refusal(app, refused, { collection: 'Users', effect: 'writes' }, context)
}

/** RFC 7644 §3.14 */
const isOutdated = (answer: ParsedReply) => !answer.ok && answer.failure.status === 412

/** The user to change, read on first use. */
function currentOf(app: ScimApp, target: Target, context: RequestContext) {
  let read: Promise<Current> | undefined
  const current = () => {
    read ??= readCurrent(app, target, context)
    return read
  }
  return {
    current,
    /** Reads the user again if the change named a version. Returns whether the version is a new one. */
    async isNewer(): Promise<boolean> {
      const version = (await read)?.headers['if-match']
      if (version === undefined) return false
      read = undefined
      const now = (await current()).headers['if-match']
      return now !== undefined && now !== version
    },
  }
}

async function knownStrategy(app: ScimApp): Promise<Strategy | undefined> {
  const worked = await app.memory.get<string>(STRATEGY_KEY)
  return STRATEGIES.find((strategy) => strategy === worked)
}

async function sendUser(
  app: ScimApp,
  strategy: Strategy,
  { target, edits, fromCurrent, current }: UserChange & { target: Target; current: () => Promise<Current> },
  context: RequestContext,
): Promise<ParsedReply> {
  const now = strategy === 'put' || fromCurrent || app.known?.now.etag ? await current() : undefined
  const made = edits(now?.raw ?? {})
  const to = { path: path`/Users/${target.id}`, ...(now && { headers: now.headers }) }
  if (now && strategy === 'put') {
    return ask(app, { ...to, method: 'PUT', body: replacement(now.raw, made) }, context)
  }
  const Operations =
    strategy === 'path'
      ? made.map((edit) => ({ op: 'replace', path: pathIn(app, edit), value: edit.value }))
      : [{ op: 'replace', value: edited({}, made) }]
  return ask(app, { ...to, method: 'PATCH', body: { schemas: [PATCH_OP], Operations } }, context)
}

const pathIn = (app: ScimApp, edit: Edit): string => {
  const plain = pathTo(edit)
  return app.mapping?.pathOf?.(plain) ?? plain
}

/** The whole current user with the edits applied: PUT can clear missing attributes. */
function replacement(raw: Rec, edits: readonly Edit[]): Rec {
  if (JSON.stringify(raw).length !== JSON.stringify(raw, withoutUnsafeIntegers).length) {
    throw new Unsupported(
      'The user’s record contains a number that cannot be sent back exactly, so it cannot be replaced.',
      'Make the change in the app’s console.',
    )
  }
  const whole = edited(raw, edits)
  const schemas = asList(field(raw, 'schemas'))
  const more = schemasOf(edits).slice(1)
  if (!schemas || more.every((schema) => schemas.includes(schema))) return whole
  return { ...whole, [keyOf(raw, 'schemas') ?? 'schemas']: [...new Set([...schemas, ...more])] }
}

/** Drops integers that JavaScript may have rounded on parsing. */
const withoutUnsafeIntegers = (_: string, value: unknown): unknown =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
