import type { JwtAuth } from '../config/http.ts'
import { SCOPES } from '../domain/scopes.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Where OAuth clients find out about this server (RFC 9728). */
export interface Resource {
  metadataUrl: string
  /** By path. */
  documents: ReadonlyMap<string, unknown>
}

/** The server as a protected resource: what its tokens are made for, or else the address at which it serves. */
export function protectedResource(
  { issuer, audience }: Pick<JwtAuth, 'issuer' | 'audience'>,
  mcp: string,
): Resource {
  const resource = /^https?:\/\//.test(audience) && URL.canParse(audience) ? audience : mcp
  const metadata = new URL(resource)
  // RFC 9728 §3.1: put before the path.
  metadata.pathname = WELL_KNOWN + metadata.pathname.replace(/\/$/, '')
  const document = {
    resource,
    authorization_servers: [issuer],
    scopes_supported: SCOPES,
    bearer_methods_supported: ['header'],
    resource_name: 'Identity tools',
  }
  // A proxy may serve it under another path than ours, and some clients look at the root alone.
  const paths = [metadata.pathname, `${WELL_KNOWN}/mcp`, WELL_KNOWN]
  return { metadataUrl: metadata.href, documents: new Map(paths.map((path) => [path, document])) }
}
