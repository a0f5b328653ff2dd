import { differingFields } from '../../domain/field-diff.ts'
import type { AccountFields } from '../../domain/operations.ts'
import type { AppMemory } from '../../store/app-memory.ts'
import { type FieldMapping, fieldsOf } from './fields.ts'
import type { ScimUser } from './read.ts'

/** The forms of a change: PATCH with paths, PATCH without, and a replacement of the whole user. */
export const FORMS = ['path', 'pathless', 'put'] as const
export type Form = (typeof FORMS)[number]

/** What a change is for. An app may take a PATCH of the status and not of a title. */
export type Purpose = 'status' | 'fields'

/** For a person who judges a change that is sent as a PUT (RFC 7644 §3.5.1). */
export const REPLACES_ALL =
  'The app takes this change only as a replacement of the whole record: what it does not show of it can be lost.'

/** A change that the app accepted. */
interface Accepted {
  purpose: Purpose
  form: Form
  set: AccountFields
  /** PATCH itself was refused for it, with 405 or 501. */
  noPatch: boolean
  /** The app did not answer in time, so it may still be at it. */
  isOpen?: boolean
}

/** Which form of a change works at an app, for each purpose. */
export interface KnownForms {
  /** The form that was seen to work; undefined if none was. */
  get(purpose: Purpose): Promise<Form | undefined>
  /** The app accepted a change, which is no proof yet: some apps do so and change nothing (open-webui#30074). */
  accepted(id: string, change: Accepted): void
  /**
   * The form of a change that the app was sent, is done with and has not been seen to show; undefined if there is none.
   */
  unseen(id: string): Form | undefined
  /** A user as the app shows it now: remembers the form of a change that can be seen. */
  seen(user: ScimUser): Promise<void>
}

// Longer than a change is read back.
const PENDING_MS = 60_000
const MAX_PENDING = 1_000
// An app may offer PATCH later, and a replacement can lose what the app does not show: ask again from time to time.
const PUT_TTL_MS = 24 * 60 * 60_000

const keyOf = (purpose: Purpose) => `scim.form.${purpose}`

export function knownForms(memory: AppMemory, mapping: FieldMapping | undefined): KnownForms {
  const pending = new Map<string, Accepted & { until: number }>()
  const get = async (purpose: Purpose) => {
    const kept = await memory.get<string>(keyOf(purpose))
    return FORMS.find((form) => form === kept)
  }
  return {
    get,
    accepted(id, change) {
      if (pending.size >= MAX_PENDING) pending.clear()
      pending.set(id, { ...change, until: Date.now() + PENDING_MS })
    },
    unseen(id) {
      const { form, isOpen } = pending.get(id) ?? {}
      return isOpen ? undefined : form
    },
    async seen(user) {
      const change = pending.get(user.account.id)
      if (!change) return
      const { purpose, form, set, noPatch, until } = change
      const shown = differingFields(set, fieldsOf(mapping, user)).length === 0
      if (shown || Date.now() > until) pending.delete(user.account.id)
      if (!shown || Date.now() > until) return
      const kept = await get(purpose)
      if (form === kept) return
      if (form !== 'put') await memory.set(keyOf(purpose), form)
      else if (noPatch && kept === undefined) await memory.set(keyOf(purpose), form, PUT_TTL_MS)
    },
  }
}
