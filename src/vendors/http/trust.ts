import * as tls from 'node:tls'
import type { Route } from '../../config/network.ts'

/** Authorities that this version of Node can list: `default` with NODE_EXTRA_CA_CERTS, `system` from the system's store. */
const listed = (kind: 'default' | 'system'): readonly string[] | undefined =>
  // Node 22.15 and later.
  (tls as { getCACertificates?: (kind: string) => string[] }).getCACertificates?.(kind)

/**
 * What TLS trusts on a route: the usual authorities, those of the system where Node can list them, and those of the
 * route. Made at first use, since the lists are long; undefined for what Node trusts by itself.
 */
export function trustedBy({ authorities }: Pick<Route, 'authorities'>): () => tls.SecureContext | undefined {
  let made: tls.SecureContext | undefined
  return () => {
    made ??= contextFor(authorities)
    return made
  }
}

const shared = new Map<string, tls.SecureContext>()

function contextFor(added: readonly string[]): tls.SecureContext | undefined {
  const system = fromSystem()
  if (system.length + added.length === 0) return undefined
  const key = added.join('\n')
  const known = shared.get(key)
  if (known) return known
  const usual = listed('default') ?? tls.rootCertificates
  const context = tls.createSecureContext({ ca: [...usual, ...system, ...added] })
  shared.set(key, context)
  return context
}

let system: readonly string[] | undefined

/** The system's authorities, if its store can be read. */
function fromSystem(): readonly string[] {
  system ??= readSystem()
  return system
}

function readSystem(): readonly string[] {
  try {
    const found = listed('system') ?? []
    // One that TLS cannot read would make all of them useless.
    if (found.length > 0) tls.createSecureContext({ ca: [...found] })
    return found
  } catch {
    return []
  }
}
