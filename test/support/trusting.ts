import { type HttpWorldOptions, openHttpWorld } from './http-world.ts'
import { openIssuer } from './issuer.ts'

export type OAuthWorld = Awaited<ReturnType<typeof openOAuthWorld>>

/** An issuer, and a server that accepts its access tokens according to `jwt`, in addition to `auth`. */
export async function openOAuthWorld({
  auth,
  jwt,
  ...options
}: Omit<HttpWorldOptions, 'auth'> & { auth?: object; jwt?: Record<string, unknown> } = {}) {
  const issuer = await openIssuer()
  const world = await openHttpWorld({ ...options, auth: { ...auth, ...issuer.settings(jwt) } })
  return {
    issuer,
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await issuer[Symbol.asyncDispose]()
    },
  }
}
