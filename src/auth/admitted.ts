import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import type { Principal } from './principal.ts'

/** A caller as far as its token tells. */
export type Admitted = Pick<Principal, 'caller' | 'grant' | 'canStepUp'>

export const notLetIn = (why: string): OAuthError => new OAuthError(OAuthErrorCode.InvalidToken, why)
