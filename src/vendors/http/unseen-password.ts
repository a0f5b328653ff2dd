import { randomBytes } from 'node:crypto'
import { Secret } from '../../secret.ts'

/**
 * A password for an app that makes no account without one. Nobody sees it, this server forgets it, and the person is given
 * another one. It has letters of both cases, digits and a symbol, as such apps ask for.
 */
export const unseenPassword = (): Secret => new Secret(`${randomBytes(24).toString('base64url')}-aZ7`)
