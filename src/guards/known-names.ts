import { createHash } from 'node:crypto'
import type { Store } from '../store/store.ts'
import { sameText } from '../text/text.ts'
import type { CallGuard } from './call.ts'

/** How long names are remembered after a caller last came under a new one, milliseconds. */
const KEPT_MS = 400 * 24 * 60 * 60_000
const MAX_NAMES = 20

/**
 * Adds the names under which the same caller came before: whoever changes an address at the issuer keeps the account, and
 * the approver, that have the old one.
 */
export const knownNames = (store: Pick<Store, 'get' | 'update'>): CallGuard =>
  async function knownNames(call, next) {
    const { names, mayBe } = call.self
    // Only an issuer changes what it calls a caller.
    if (call.tool.effect === 'reads' || !call.caller.id.startsWith('oauth:')) return next(call)
    const key = `caller-names/${createHash('sha256').update(call.caller.id).digest('hex')}`
    const known = (await store.get<string[]>(key)) ?? []
    const isNew = (name: string) => !known.some((one) => sameText(one, name))
    if (names.some(isNew)) {
      await store.update<string[], void>(key, (before = []) => {
        const next = [...new Set([...names, ...before])].slice(0, MAX_NAMES)
        return { next, ttl: KEPT_MS, result: undefined }
      })
    }
    return next({ ...call, self: { names, mayBe: [...new Set([...mayBe, ...known])] } })
  }
