import * as z from 'zod'
import { Secret } from '../../src/secret.ts'

const literal = z.string().transform((text) => new Secret(text))

/** The parts of a vendor's schema, with a literal where a reference to a secret would stand. */
export const SECRETS = { Secret: literal, SecretText: literal }
