import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { Secret } from '../secret.ts'
import { withoutBom } from './jsonc.ts'
import { KEYCHAIN_REFERENCE, keychainOf } from './keychain.ts'

/** `file:` and an absolute path, also one of Windows. */
export const FILE_REFERENCE = /^file:((?:\/|[A-Za-z]:[\\/]|\\\\).+)$/

/** A reference to a secret: `env:` and the name of a variable, a file, or a name in the keychain. */
export const REFERENCE = new RegExp(
  `^env:([A-Za-z_][A-Za-z0-9_]*)$|${FILE_REFERENCE.source}|${KEYCHAIN_REFERENCE.source}`,
)
/** The same in words. */
const REFERENCE_FORMS = 'env:NAME, file:/path or keychain:NAME'

/** What a secret is written as: a token on one line, or a text such as a private key. */
const FORMS = {
  token: { usable: /^[\x21-\x7e]{8,}$/, means: '8 or more printable ASCII characters without spaces' },
  text: { usable: /^[\x20-\x7e\r\n\t]{8,20000}$/, means: '8 to 20,000 printable ASCII characters' },
}

/** Whether a text is meant as a reference, well-formed or not. */
export const isReference = (text: string): boolean => /^(env|file|keychain):/.test(text)

/** A secret that came from a file or the keychain, which can be read again. */
export interface KeptSecret {
  reference: string
  secret: Secret
}

/**
 * The schema of a secret: a reference that is read once, and again where what it names is read again. Error messages never
 * quote the secret. `kept` gets those that can be read again.
 */
export function secretFrom(
  env: Readonly<Record<string, string | undefined>>,
  { form = 'token', kept = [] }: { form?: keyof typeof FORMS; kept?: KeptSecret[] } = {},
): z.ZodType<Secret, string> {
  const { usable, means } = FORMS[form]
  return SecretReference.transform((reference, context) => {
    const read = () => {
      const found = readReference(reference, env)
      if ('problem' in found) return found
      const standIn = standInOf(found.value)
      if (standIn !== undefined) return { problem: `${reference} ${standIn}` }
      return usable.test(found.value) ? found : { problem: `${reference} is not a usable secret: ${means}` }
    }
    const first = read()
    if ('problem' in first) {
      context.addIssue({ code: 'custom', message: first.problem, input: undefined })
      return z.NEVER
    }
    const { value } = first
    if (reference.startsWith('env:')) return new Secret(value)
    const secret = new Secret(value, () => {
      const again = read()
      return 'value' in again ? again.value : undefined
    })
    kept.push({ reference, secret })
    return secret
  })
}

/** What stands where a secret should, whole, and what to do about it. None of these can be a secret that an app made. */
const STAND_INS: readonly (readonly [sign: RegExp, problem: string])[] = [
  [
    /^(\$\{[^{}]*\}|\{\{[^{}]*\}\})$/,
    'holds the name of a variable that nothing has replaced: put the secret itself there',
  ],
  [
    /^<[^<>]*>$|^(your|insert|enter|paste|replace)([-_][a-z]+)*[-_](token|key|secret|password)([-_]here)?$/i,
    'holds a placeholder: put the secret itself there',
  ],
  [/^(["'`]).*\1$/s, 'holds a text in quotes, which would be sent with it: remove the quotes'],
  [/^(env|file|keychain|op|vault):/, 'holds a reference, not the secret: put the secret itself there'],
]

const standInOf = (text: string): string | undefined =>
  STAND_INS.find(([sign]) => sign.test(text.trim()))?.[1]

function readReference(
  reference: string,
  env: Readonly<Record<string, string | undefined>>,
): { value: string } | { problem: string } {
  const [, variable, file = '', inKeychain] = REFERENCE.exec(reference) ?? []
  if (variable !== undefined) {
    const value = env[variable]
    return value ? { value } : { problem: `environment variable ${variable} is not set` }
  }
  if (inKeychain !== undefined) return keychainOf(env).read(inKeychain)
  try {
    return { value: withoutBom(readFileSync(file, 'utf8')).replace(/\r?\n$/, '') }
  } catch {
    return { problem: `file ${file} cannot be read` }
  }
}

/** A secret in the settings file. */
export const SecretReference = z
  .string()
  .regex(REFERENCE, `must be ${REFERENCE_FORMS}, never the secret itself`)
  .describe(REFERENCE_FORMS)
