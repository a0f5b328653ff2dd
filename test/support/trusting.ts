import { type HttpWorldOptions, openHttpWorld } from './http-world.ts'
import { openIssuer } from './issuer.ts'

export type Trusting = Awaited<ReturnType<typeof openTrusting>>

/** An issuer, and a server that takes its access tokens as `jwt` says, beside what `auth` says. */
export async function openTrusting({
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
