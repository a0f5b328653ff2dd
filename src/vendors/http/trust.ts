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
  const key = added.join('\n')
  const known = shared.get(key)
  if (known) return known
  const system = systemAuthorities()
  if (system.length + added.length === 0) return undefined
  const usual = listed('default') ?? tls.rootCertificates
  const context =
    trusting([...usual, ...system, ...added]) ?? tls.createSecureContext({ ca: [...usual, ...added] })
  shared.set(key, context)
  return context
}

/** Undefined if the system lists a certificate that TLS cannot read. */
function trusting(ca: readonly string[]): tls.SecureContext | undefined {
  try {
    // The lists have much in common.
    return tls.createSecureContext({ ca: [...new Set(ca)] })
  } catch {
    return undefined
  }
}

/** Nothing where the system's store cannot be read. */
function systemAuthorities(): readonly string[] {
  try {
    return listed('system') ?? []
  } catch {
    return []
  }
}
