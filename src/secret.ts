import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { type Redact, redactor } from './redact.ts'

const hidden = '[secret]'

/** A token or key that always prints as `[secret]`; only `reveal` returns its value. */
export class Secret {
  readonly #value: string
  #redact: Redact | undefined

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  /** The secret with a prefix such as `Bearer `, for a header; still a secret. */
  after(prefix: string): Secret {
    return new Secret(prefix + this.#value)
  }

  /** A client's credentials for HTTP basic authentication (RFC 7617). */
  static basic(name: Secret, password: Secret): Secret {
    return new Secret(`Basic ${Buffer.from(`${name.#value}:${password.#value}`).toString('base64')}`)
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  /** Eight hex digits that distinguish secrets and reveal nothing else about them. */
  get fingerprint(): string {
    return createHash('sha256')
      .update('identity-mcp fingerprint\0')
      .update(this.#value)
      .digest('hex')
      .slice(0, 8)
  }

  /** `text` with every occurrence of the secret replaced, in any spelling, in case an app echoes it. */
  scrub(text: string): string {
    this.#redact ??= redactor(this.#value, hidden)
    return this.#redact(text)
  }

  toString(): string {
    return hidden
  }

  toJSON(): string {
    return hidden
  }

  [inspect.custom](): string {
    return hidden
  }
}
