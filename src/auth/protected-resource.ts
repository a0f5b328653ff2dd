import type { JwtAuth } from '../config/http.ts'
import type { Scope } from '../domain/scopes.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** What OAuth clients can discover about this server (RFC 9728). */
export interface Resource {
  metadataUrl: string
  /** By path. */
  documents: ReadonlyMap<string, unknown>
}

/** The addresses and scopes that clients have to know. */
interface Described {
  /** The address of `/mcp`. */
  mcp: string
  /** All scopes that lead to something here. */
  scopes: readonly Scope[]
}

/**
 * Describes the server as a protected resource: by the audience of its tokens if that is a URL, else by its address.
 */
export function protectedResource(
  { issuer, audience }: Pick<JwtAuth, 'issuer' | 'audience'>,
  { mcp, scopes }: Described,
): Resource {
  const resource = /^https?:\/\//.test(audience) && URL.canParse(audience) ? audience : mcp
  const metadata = new URL(resource)
  // RFC 9728 §3.1: inserted before the path.
  metadata.pathname = WELL_KNOWN + metadata.pathname.replace(/\/$/, '')
  const document = {
    resource,
    authorization_servers: [issuer],
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    resource_name: 'Identity tools',
  }
  // A proxy may serve it under another path, and some clients only try the root.
  const paths = [metadata.pathname, `${WELL_KNOWN}/mcp`, WELL_KNOWN]
  return { metadataUrl: metadata.href, documents: new Map(paths.map((path) => [path, document])) }
}
