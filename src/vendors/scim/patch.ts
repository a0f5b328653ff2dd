import type { AccountFields, RequestContext, Target } from '../../domain/operations.ts'
import { UnknownOutcome, Unsupported } from '../../errors.ts'
import { namesAttribute, refusesForm, saysReadOnly } from '../http/classify.ts'
import { type ApiRequest, path } from '../http/client.ts'
import type { Failure, ParsedReply } from '../http/reply.ts'
import { asList, field, keyOf, type Rec } from '../http/values.ts'
import { type Current, readCurrent } from './current-user.ts'
import { type Edit, edited, partsOf, pathTo } from './edits.ts'
import { changesList, checkFixed, editsFor, schemasOf } from './fields.ts'
import { FORMS, type Form, type Purpose } from './forms.ts'
import { ask, refusal, type ScimApp } from './request.ts'

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

/** Sets whether a user is active. Throws `UnknownOutcome` if the change may have been made. */
export const setActive = (
  app: ScimApp,
  target: Target,
  active: boolean,
  context: RequestContext,
): Promise<void> =>
  change(
    app,
    target,
    {
      purpose: 'status',
      set: { status: active ? 'active' : 'inactive' },
      edits: () => [{ at: ['active'], value: active }],
    },
    context,
  )

/**
 * Sends a status change in the next form of PATCH, where the app accepted the last one, broke off or failed at it, and
 * shows no change: some read only one of them (Metatavu/keycloak-scim-server#95). False if there is none, or if one was ever
 * seen to work. Never a replacement of the whole user, which a person was not told of.
 */
export async function resendActive(
  app: ScimApp,
  target: Target,
  active: boolean,
  context: RequestContext,
): Promise<boolean> {
  const last = app.forms?.unseen(target.id)
  const next = last && FORMS[FORMS.indexOf(last) + 1]
  const isOpen = app.settings.patchStrategy === 'auto' && (await app.forms?.get('status')) === undefined
  if (!isOpen || next === undefined || next === 'put') return false
  const settings = { ...app.settings, patchStrategy: next }
  await setActive({ ...app, settings }, target, active, context)
  return true
}

/** Changes only the given fields. Throws `Unsupported` for a field that the app does not accept. */
export const updateAccount = async (
  app: ScimApp,
  { set, ...target }: Target & { set: AccountFields },
  context: RequestContext,
): Promise<void> => {
  checkFixed(app.mapping ?? {}, set)
  return change(
    app,
    target,
    {
      purpose: Object.keys(set).every((name) => name === 'status') ? 'status' : 'fields',
      set,
      edits: (set, current) => editsFor(app.mapping, set, current),
    },
    context,
  )
}

/** Whether a change for this purpose probably replaces the whole user. */
export async function probablyReplaces(app: ScimApp, purpose: Purpose): Promise<boolean> {
  const { patchStrategy } = app.settings
  if (patchStrategy !== 'auto') return patchStrategy === 'put'
  const worked = await app.forms?.get(purpose)
  return worked ? worked === 'put' : app.known?.now.patch === false
}

interface UserChange {
  purpose: Purpose
  set: AccountFields
  edits: (set: AccountFields, current: Rec) => readonly Edit[]
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
  const attributes = wanted.edits(wanted.set, {}).map(({ at }) => at[at.length - 1] ?? '')
  const { purpose } = wanted
  let { set } = wanted
  const { patchStrategy } = app.settings
  const worked = patchStrategy === 'auto' ? await app.forms?.get(purpose) : undefined
  const order =
    patchStrategy === 'auto' ? [...new Set([...(worked ? [worked] : []), ...FORMS])] : [patchStrategy]
  const { current, isNewer } = currentOf(app, target, context)
  let refused: Failure | undefined
  let noPatch = false
  let noPatchAtAll = false
  for (const form of order) {
    if (noPatchAtAll && form !== 'put') continue
    const attempt = async () => {
      const send = () => sendUser(app, form, { ...wanted, set, target, current }, context)
      const first = await send()
      // After a concurrent change, try once more with the new version. Never send a change without its version.
      return isOutdated(first) && (await isNewer()) ? send() : first
    }
    const sent = (more: { isOpen?: boolean } = {}) =>
      app.forms?.accepted(target.id, { purpose, form, set, noPatch, ...more })
    let answer = await attempt().catch((error) => {
      // The change may have been made, which can be seen.
      if (error instanceof UnknownOutcome) sent({ isOpen: !app.isGeneric || !isBrokenOff(error) })
      throw error
    })
    if (!answer.ok && refusesMadeNames(answer.failure, set)) {
      set = withoutMadeNames(set)
      answer = await attempt()
    }
    if (answer.ok) {
      sent()
      return
    }
    // As after a lost reply.
    if (app.isGeneric && answer.failure.status === 500) sent()
    const aboutForm = refusesForm(answer.failure, attributes)
    // An error about the content is more useful than "method not offered".
    if (!aboutForm || refused?.status !== 400) refused = answer.failure
    if (!aboutForm) break
    const { status } = answer.failure
    noPatch ||= form !== 'put' && (status === 405 || status === 501)
    noPatchAtAll ||= form !== 'put' && status === 405
  }
  if (refused) throw await refusal(app, refused, { collection: 'Users', effect: 'writes' }, context)
}

/** The app closed the connection, as opposed to an answer that was not waited for. */
const isBrokenOff = ({ cause }: UnknownOutcome): boolean =>
  cause instanceof Error &&
  'code' in cause &&
  ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(String(cause.code))

/** The app makes the names itself that follow a given or family name, and refuses to be told them. */
const refusesMadeNames = (failure: Failure, set: AccountFields): boolean =>
  failure.status === 400 &&
  (set.givenName ?? set.familyName) !== undefined &&
  (set.displayName ?? set.formattedName) !== undefined &&
  (saysReadOnly(failure) || ['displayName', 'formatted'].some((name) => namesAttribute(failure.said, name)))

const withoutMadeNames = ({ displayName: _, formattedName: __, ...set }: AccountFields): AccountFields => set

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

async function sendUser(
  app: ScimApp,
  form: Form,
  { target, edits, set, current }: UserChange & { target: Target; current: () => Promise<Current> },
  context: RequestContext,
): Promise<ParsedReply> {
  // Without a path, some apps replace a whole object such as `name`, so all of it is sent.
  const whole = form === 'put' || (form === 'pathless' && edits(set, {}).some(({ at }) => at.length > 1))
  const now = whole || changesList(set) || app.known?.now.etag ? await current() : undefined
  const made = edits(set, now?.raw ?? {})
  const to = { path: path`/Users/${target.id}`, ...(now && { headers: now.headers }) }
  if (now && form === 'put') return replaceUser(app, to, replacement(now.raw, made), made, context)
  const Operations =
    form === 'path'
      ? made.map((edit) => ({ op: 'replace', path: pathIn(app, edit), value: edit.value }))
      : [{ op: 'replace', value: edited(partsOf(now?.raw ?? {}, made), made) }]
  return ask(app, { ...to, method: 'PATCH', body: { schemas: [PATCH_OP], Operations } }, context)
}

/** Replaces a user. What the app refuses as read-only is left out of a second attempt. */
async function replaceUser(
  app: ScimApp,
  to: Pick<ApiRequest, 'path' | 'headers'>,
  whole: Rec,
  edits: readonly Edit[],
  context: RequestContext,
): Promise<ParsedReply> {
  const put = (body: Rec) => ask(app, { ...to, method: 'PUT', body }, context)
  const answer = await put(whole)
  if (answer.ok || !saysReadOnly(answer.failure)) return answer
  const { said } = answer.failure
  const changed = edits.map(({ at: [name] }) => name.toLowerCase())
  const writable = Object.entries(whole).filter(
    ([name]) =>
      changed.includes(name.toLowerCase()) ||
      !(READ_ONLY.includes(name.toLowerCase()) || namesAttribute(said, name)),
  )
  return writable.length < Object.keys(whole).length ? put(Object.fromEntries(writable)) : answer
}

// RFC 7643 §3.1 and §4.1.2; an app ignores them in a replacement (RFC 7644 §3.5.1), or should.
const READ_ONLY: readonly string[] = ['id', 'meta', 'groups']

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
