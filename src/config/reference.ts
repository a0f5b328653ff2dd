import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { Secret } from '../secret.ts'
import { withoutBom } from './jsonc.ts'

/** `file:` and an absolute path, also one of Windows. */
export const FILE_REFERENCE = /^file:((?:\/|[A-Za-z]:[\\/]|\\\\).+)$/

/** A reference to a secret: `env:` and the name of a variable, or a file. */
export const REFERENCE = new RegExp(`^env:([A-Za-z_][A-Za-z0-9_]*)$|${FILE_REFERENCE.source}`)

/** The schema of a secret: a reference that is read once. Error messages never quote the secret. */
export function secretFrom(env: Readonly<Record<string, string | undefined>>): z.ZodType<Secret, string> {
  return SecretReference.transform((reference, context) => {
    const [, variable, file = ''] = REFERENCE.exec(reference) ?? []
    const problem = (message: string) => {
      context.addIssue({ code: 'custom', message, input: undefined })
      return z.NEVER
    }
    let value: string
    if (variable !== undefined) {
      if (!env[variable]) return problem(`environment variable ${variable} is not set`)
      value = env[variable]
    } else {
      try {
        value = withoutBom(readFileSync(file, 'utf8')).replace(/\r?\n$/, '')
      } catch {
        return problem(`file ${file} cannot be read`)
      }
    }
    if (!/^[\x21-\x7e]{8,}$/.test(value)) {
      return problem(
        `${reference} is not a usable secret: 8 or more printable ASCII characters without spaces`,
      )
    }
    return new Secret(value)
  })
}

/** A secret in the settings file. */
export const SecretReference = z
  .string()
  .regex(REFERENCE, 'must be env:NAME or file:/path, never the secret itself')
  .describe('env:NAME or file:/path')
