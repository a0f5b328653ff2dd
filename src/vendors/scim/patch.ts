import type { AccountFields, RequestContext, Target } from '../../domain/operations.ts'
import { Unsupported } from '../../errors.ts'
import { refusesForm } from '../http/classify.ts'
import { path } from '../http/client.ts'
import type { Failure, ParsedReply } from '../http/reply.ts'
import { asList, field, keyOf, type Rec } from '../http/values.ts'
import { type Current, readCurrent } from './current-user.ts'
import { type Edit, edited, pathTo } from './edits.ts'
import { changesAList, editsFor, schemasOf } from './fields.ts'
import { ask, refusal, type ScimApp } from './request.ts'

const STRATEGIES = ['path', 'pathless', 'put'] as const
type Strategy = (typeof STRATEGIES)[number]

const WORKED = 'scim.patchStrategy'
export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** Sets whether a user is active. Throws `UnknownOutcome` when it may have been done. */
export const setActive = (
  app: ScimApp,
  target: Target,
  active: boolean,
  context: RequestContext,
): Promise<void> => change(app, target, { edits: () => [{ at: ['active'], value: active }] }, context)

/** Changes just the fields named. Throws `Unsupported` for a field that the app can't take. */
export const updateAccount = async (
  app: ScimApp,
  { set, ...target }: Target & { set: AccountFields },
  context: RequestContext,
): Promise<void> => {
  const edits = (current: Rec) => editsFor(app.mapping, set, current)
  return change(app, target, { edits, fromCurrent: changesAList(set) }, context)
}

/** The app's PATCH is not offered: begin with PUT. */
export const notePut = (app: ScimApp): Promise<void> => noteWorking(app, 'put')

const noteWorking = (app: ScimApp, strategy: Strategy) => app.memory.set(WORKED, strategy)

interface Wanted {
  edits: (current: Rec) => readonly Edit[]
  /** What is sent depends on what the app holds now. */
  fromCurrent?: boolean
}

/**
 * Changes a user by the first form that the app takes. The next form is tried only when the app certainly refused the
 * form of the one before, so that the change is made at most once.
 */
async function change(app: ScimApp, target: Target, wanted: Wanted, context: RequestContext): Promise<void> {
  // What the app can't take is refused before anything is sent.
  wanted.edits({})
  const set = app.settings.patchStrategy
  const worked = set === 'auto' ? await recall(app) : undefined
  const order = set === 'auto' ? [...new Set([...(worked ? [worked] : []), ...STRATEGIES])] : [set]
  const { current, isNewer } = currentOf(app, target, context)
  let refused: Failure | undefined
  let noPatch = false
  for (const strategy of order) {
    if (noPatch && strategy !== 'put') continue
    const attempt = () => send(app, strategy, { ...wanted, target, current }, context)
    const first = await attempt()
    // What was changed meanwhile is tried once more as it is now; a version is never left out to get through.
    const answer = isOutdated(first) && (await isNewer()) ? await attempt() : first
    if (answer.ok) {
      if (set === 'auto' && strategy !== worked) await noteWorking(app, strategy)
      return
    }
    const aboutForm = refusesForm(answer.failure)
    // What is wrong with the content tells more than that a method is not offered.
    if (!aboutForm || refused?.status !== 400) refused = answer.failure
    if (!aboutForm) break
    noPatch ||= strategy !== 'put' && answer.failure.status === 405
  }
  if (refused) throw await refusal(app, refused, { collection: 'Users', effect: 'writes' }, context)
}

/** RFC 7644 §3.14 */
const isOutdated = (answer: ParsedReply) => !answer.ok && answer.failure.status === 412

/** The user that a change is meant for, read when it is first needed. */
function currentOf(app: ScimApp, target: Target, context: RequestContext) {
  let read: Promise<Current> | undefined
  const current = () => {
    read ??= readCurrent(app, target, context)
    return read
  }
  return {
    current,
    /** Reads anew whom a change named a version of: whether it is another version by now. */
    async isNewer(): Promise<boolean> {
      const version = (await read)?.headers['if-match']
      if (version === undefined) return false
      read = undefined
      const now = (await current()).headers['if-match']
      return now !== undefined && now !== version
    },
  }
}

async function recall(app: ScimApp): Promise<Strategy | undefined> {
  const worked = await app.memory.get<string>(WORKED)
  return STRATEGIES.find((strategy) => strategy === worked)
}

async function send(
  app: ScimApp,
  strategy: Strategy,
  { target, edits, fromCurrent, current }: Wanted & { target: Target; current: () => Promise<Current> },
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

/** The whole user as the app holds it now, with nothing but the edits made: PUT may clear what is left out. */
function replacement(raw: Rec, edits: readonly Edit[]): Rec {
  if (JSON.stringify(raw).length !== JSON.stringify(raw, roundable).length) {
    throw new Unsupported(
      'The user holds a number that can not be sent back exactly, so it can not be replaced.',
      'Make the change in the console of the app.',
    )
  }
  const whole = edited(raw, edits)
  const told = asList(field(raw, 'schemas'))
  const more = schemasOf(edits).slice(1)
  if (!told || more.every((schema) => told.includes(schema))) return whole
  return { ...whole, [keyOf(raw, 'schemas') ?? 'schemas']: [...new Set([...told, ...more])] }
}

/** Takes out whole numbers that JavaScript may have rounded when it read them. */
const roundable = (_: string, value: unknown): unknown =>
  typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : value
