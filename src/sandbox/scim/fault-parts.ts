import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { type Incoming, isObject, type Outcome, parseJson, type Reply } from '../http-types.ts'
import type { Quirk } from './quirks.ts'
import { errorReply } from './reply.ts'
import { ScimError, type Values } from './schema.ts'

export const isScim = ({ path }: Incoming) =>
  /\/(Users|Groups|ServiceProviderConfig|Schemas|ResourceTypes)(\/|$)/.test(path)
export const isUsers = ({ path }: Incoming) => /\/Users(\/|$)/.test(path)
export const isGroups = ({ path }: Incoming) => /\/Groups(\/|$)/.test(path)
export const isPatch = ({ method }: Incoming) => method === 'PATCH'
export const isCreate = (incoming: Incoming) => incoming.method === 'POST' && isScim(incoming)
export const isRead = (incoming: Incoming) => incoming.method === 'GET' && isScim(incoming)
export const isList = ({ method, path }: Incoming) => method === 'GET' && /\/(Users|Groups)$/.test(path)
export const hasFilter = (incoming: Incoming) => isRead(incoming) && incoming.query.has('filter')

export const refuse = (status: number, detail: string, scimType?: string): Reply =>
  errorReply(new ScimError(status, detail, scimType), 'application/json')

/** The request with a query parameter set, or removed if `value` is `undefined`. */
export function asking(incoming: Incoming, name: string, value?: string): Incoming {
  const query = new URLSearchParams(incoming.query)
  if (value === undefined) query.delete(name)
  else query.set(name, value)
  return { ...incoming, query }
}

export function operationsOf({ text }: Incoming): Values[] {
  const body = parseJson(text)
  return isObject(body) && Array.isArray(body.Operations) ? body.Operations.filter(isObject) : []
}

/** Alters each record in the body: the rows of a list, or the single record. */
export function eachRecord(body: unknown, alter: (record: Values) => unknown): unknown {
  if (!isObject(body)) return body
  return Array.isArray(body.Resources)
    ? { ...body, Resources: body.Resources.map((row) => (isObject(row) ? alter(row) : row)) }
    : alter(body)
}

export const rowsOf = (body: unknown): unknown[] =>
  isObject(body) && Array.isArray(body.Resources) ? body.Resources : []

export const succeeded = (outcome: Outcome): outcome is Reply =>
  typeof outcome === 'object' && outcome.status < 300

/** A fault that alters each user (or group) in replies. */
export const shownAs = (
  about: string,
  alter: (record: Values) => Values,
  when: (incoming: Incoming) => boolean = isUsers,
): FaultKind => ({
  about,
  when,
  async act(incoming, run) {
    const outcome = await run(incoming)
    return succeeded(outcome) ? change(outcome, (body) => eachRecord(body, alter)) : outcome
  },
})

/** A fault that alters the body of a list. */
export const listedAs = (about: string, alter: (body: Values, incoming: Incoming) => Values): FaultKind => ({
  about,
  when: isList,
  async act(incoming, run) {
    const outcome = await run(incoming)
    return succeeded(outcome)
      ? change(outcome, (body) => (isObject(body) ? alter(body, incoming) : body))
      : outcome
  },
})

/** A fault that the service itself implements. */
export const quirk = (name: Quirk, about: string): FaultKind => ({
  about,
  when: isScim,
  act: (incoming, run) => run({ ...incoming, quirks: new Set([...(incoming.quirks ?? []), name]) }),
})
