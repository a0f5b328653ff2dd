import type { AuditEvent } from './account.ts'

/** The version of the Open Cybersecurity Schema Framework (schema.ocsf.io) that events are written in. */
const OCSF_VERSION = '1.8.0'

/** Where an event is from. */
interface OcsfOrigin {
  tenant: string
  /** The name of the app for people. */
  product: string
}

type OcsfEvent = Record<string, unknown> & { class_uid: number; activity_id: number }

const IAM = 3
const OTHER = 99

/** Activities by the words of an action; the first that fits counts. */
const ACCOUNT_CHANGE: readonly [RegExp, number][] = [
  [/reactivat|\benabl|unsuspend|restor/, 2],
  [/deactivat|disabl|suspend|end sessions/, 5],
  [/unlock/, 12],
  [/\block/, 9],
  [/delet|remov/, 6],
  [/creat|add(ed)?\b|provision/, 1],
]
const ENTITY_MANAGEMENT: readonly [RegExp, number][] = [
  [/creat|add(ed)?\b/, 1],
  [/delet|remov/, 4],
  [/edit|updat|chang|modif|set\b/, 3],
  [/download|read|view|export/, 2],
]
const AUTHENTICATION: readonly [RegExp, number][] = [
  [/log ?(out|off)|sign(ed)?[- ]?out|^user\.session\.end/, 2],
  [/log ?(in|on)(?![a-z])|sign(ed)?[- ]?(in|on)(?![a-z])|authenticat|^user\.session\.start/, 1],
]
const GROUP_MANAGEMENT: readonly [RegExp, number][] = [
  [/creat/, 6],
  [/joined|add/, 3],
  [/left|remov/, 4],
  // Of what this server did: "ada@example.com: out → in".
  [/^(?!.*→ out).*→ in\b/, 3],
  [/^(?!.*→ in\b).*→ out/, 4],
]

const activityIn = (table: readonly [RegExp, number][], action: string): number | undefined =>
  table.find(([words]) => words.test(action))?.[1]

/** An event of an audit log as an OCSF event of the category Identity & Access Management. */
export function toOcsf(event: AuditEvent, origin: OcsfOrigin): OcsfEvent {
  const { id, time, actor, action, source, approvedBy, change, detail, notBefore } = event
  const unmapped = Object.entries({ approvedBy, change, notBefore }).filter(
    ([, value]) => value !== undefined,
  )
  const { activity_id, class_uid, ...about } = classified(event, origin)
  return {
    activity_id,
    activity_name: action,
    category_uid: IAM,
    class_uid,
    type_uid: class_uid * 100 + activity_id,
    time: Date.parse(time),
    severity_id: 1,
    ...statusOf(action),
    message: action,
    ...(detail !== undefined && { status_detail: detail }),
    ...(actor !== undefined && { actor: { user: { name: actor } } }),
    ...about,
    metadata: {
      version: OCSF_VERSION,
      product: { name: origin.product, vendor_name: origin.product },
      uid: id,
      log_name: source,
      tenant_uid: origin.tenant,
      original_time: time,
    },
    ...(unmapped.length > 0 && { unmapped: Object.fromEntries(unmapped) }),
  }
}

/** The class and activity of an event, with the objects that the class requires. */
function classified({ action, actor, target, group, source, detail }: AuditEvent, { product }: OcsfOrigin) {
  const words = action.toLowerCase()
  if (group !== undefined) {
    const activity_id = activityIn(GROUP_MANAGEMENT, `${words} ${detail ?? ''}`) ?? OTHER
    const user = target !== undefined && target !== group ? { user: userOf(target) } : {}
    return { class_uid: 3006, activity_id, group: { name: group || action }, ...user }
  }
  const signIn = source === 'app' ? activityIn(AUTHENTICATION, words) : undefined
  const who = target ?? actor
  if (signIn !== undefined && who) {
    return { class_uid: 3002, activity_id: signIn, user: userOf(actor ?? who), service: { name: product } }
  }
  // What this server did, and what snapshots show, is about accounts; an app's log is about anything.
  const isAboutUser = source !== 'app' || /\b(user|account|admin)/.test(words)
  if (isAboutUser && target) {
    const activity_id = activityIn(ACCOUNT_CHANGE, words) ?? OTHER
    return { class_uid: 3001, activity_id, user: userOf(target) }
  }
  const activity_id = activityIn(ENTITY_MANAGEMENT, words) ?? OTHER
  return { class_uid: 3004, activity_id, entity: { name: target || action } }
}

const userOf = (name: string) => ({ name, ...(name.includes('@') && { email_addr: name }) })

function statusOf(action: string): { status_id?: 0 | 1 | 2 } {
  if (/\bunknown\b|not known/i.test(action)) return { status_id: 0 }
  if (/fail|refus|denied|declin/i.test(action)) return { status_id: 2 }
  return /: done|success/i.test(action) ? { status_id: 1 } : {}
}
