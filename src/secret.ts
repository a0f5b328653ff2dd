import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

const hidden = '[secret]'

/** A token or key that prints as `[secret]` wherever it goes; only `reveal` gives it away. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  reveal(): string {
    return this.#value
  }

  /** The secret as a header carries it, such as after `Bearer `; as secret as it was. */
  after(prefix: string): Secret {
    return new Secret(prefix + this.#value)
  }

  /** Credentials of a client for HTTP basic authentication (RFC 7617). */
  static basic(name: Secret, password: Secret): Secret {
    return new Secret(`Basic ${Buffer.from(`${name.#value}:${password.#value}`).toString('base64')}`)
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  /** Eight hex digits that tell two secrets apart and say nothing else about them. */
  get fingerprint(): string {
    return createHash('sha256')
      .update('identity-mcp fingerprint\0')
      .update(this.#value)
      .digest('hex')
      .slice(0, 8)
  }

  /** `text` with every occurrence of the secret taken out, should an app ever send it back. */
  scrub(text: string): string {
    return text.replaceAll(this.#value, hidden)
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
