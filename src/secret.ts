import { createHash, hkdfSync } from 'node:crypto'
import { inspect } from 'node:util'
import { type Redact, redactor } from './redact.ts'

const hidden = '[secret]'

/** Reads a secret again from where it came; undefined while there is no usable one. */
type SecretSource = () => string | undefined

/** How long a secret that was read again counts as read, milliseconds: callers that are refused together read once. */
const REREAD_MS = 1_000

/** A token or key that always prints as `[secret]`; only `reveal` returns its value. */
export class Secret {
  #value: string
  readonly #source: SecretSource | undefined
  /** What it is made of, and how, for a header. */
  #parts: readonly Secret[] = []
  #join: ((parts: readonly string[]) => string) | undefined
  /** For the value, and the one before it, which a late reply may still echo. */
  #redactors: readonly { of: string; redact: Redact }[] = []
  #readAt = Number.NEGATIVE_INFINITY
  #fingerprint: { of?: string; hex: string } = { hex: '' }

  constructor(value: string, source?: SecretSource) {
    this.#value = value
    this.#source = source
  }

  static #of(parts: readonly Secret[], join: (parts: readonly string[]) => string): Secret {
    const made = new Secret('')
    made.#parts = parts
    made.#join = join
    return made
  }

  get #current(): string {
    return this.#join ? this.#join(this.#parts.map((part) => part.#current)) : this.#value
  }

  reveal(): string {
    return this.#current
  }

  /** The secret with a prefix such as `Bearer `, for a header; still a secret. */
  after(prefix: string): Secret {
    return Secret.#of([this], ([value]) => prefix + value)
  }

  /** A text with the secret in it, such as a body; still a secret. */
  within(text: (value: string) => string): Secret {
    return Secret.#of([this], ([value = '']) => text(value))
  }

  /** A client's credentials for HTTP basic authentication (RFC 7617). */
  static basic(name: Secret, password: Secret): Secret {
    return Secret.#of(
      [name, password],
      (values) => `Basic ${Buffer.from(values.join(':')).toString('base64')}`,
    )
  }

  equals(other: Secret): boolean {
    return this.#current === other.#current
  }

  /** The secret as it is now, for an address: what was checked stays what is used. */
  fixed(): Secret {
    return new Secret(this.#current)
  }

  /** Reads the secret again if it came from a file. Returns false if there is no usable one now: the former one stays. */
  reread(): boolean {
    if (this.#parts.length > 0) return this.#parts.map((part) => part.reread()).every(Boolean)
    if (!this.#source) return true
    this.#readAt = performance.now()
    const value = this.#source()
    if (value === undefined) return false
    if (value !== this.#value) this.#redactors = [this.#redactor(), ...this.#redactors].slice(0, 2)
    this.#value = value
    return true
  }

  /**
   * Called before the secret is used. If it is then refused, the result says whether there is another one by now, and reads
   * the secret again to find out.
   */
  renewal(): () => boolean {
    const used = this.#current
    return () => {
      if (this.#current === used) this.#rereadOnce()
      return this.#current !== used
    }
  }

  #rereadOnce(): void {
    for (const part of this.#parts) part.#rereadOnce()
    if (this.#source && performance.now() - this.#readAt >= REREAD_MS) this.reread()
  }

  /** Eight hex digits that distinguish secrets and reveal nothing else about them. */
  get fingerprint(): string {
    const of = this.#current
    // Every request asks for it.
    if (this.#fingerprint.of !== of) this.#fingerprint = { of, hex: fingerprintOf(of) }
    return this.#fingerprint.hex
  }

  /** A key of 256 bits for one purpose, which only whoever has the secret can derive (HKDF, RFC 5869). */
  derivedKey(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#current, '', `identity-mcp ${purpose}`, 32))
  }

  /** `text` with every occurrence of the secret and of its parts replaced, in any spelling, in case an app echoes it. */
  scrub(text: string): string {
    const own = this.#redactor()
    if (this.#redactors[0]?.of !== own.of) this.#redactors = [own, ...this.#redactors].slice(0, 2)
    const scrubbed = this.#redactors.reduce((rest, { redact }) => redact(rest), text)
    return this.#parts.reduce((rest, part) => part.scrub(rest), scrubbed)
  }

  #redactor(): { of: string; redact: Redact } {
    const of = this.#current
    return this.#redactors.find((known) => known.of === of) ?? { of, redact: redactor(of, hidden) }
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

const fingerprintOf = (value: string): string =>
  createHash('sha256').update('identity-mcp fingerprint\0').update(value).digest('hex').slice(0, 8)
