import { Unauthorized } from '../../errors.ts'
import { Secret } from '../../secret.ts'
import { isSigningKey, type SigningKey } from '../http/assertion.ts'
import { type Grant, jwtBearer } from '../http/grants.ts'
import { asWord, field, parseJson } from '../http/values.ts'

/** The key file of a service account (cloud.google.com/iam, "Create and delete service account keys"). */
interface ServiceAccount {
  email: string
  key: SigningKey
}

/** Undefined if the text is no key file. Where its tokens are fetched is never read from it. */
function accountIn(file: Secret): ServiceAccount | undefined {
  const json = parseJson(file.reveal())
  const [type, email, privateKey, keyId] = ['type', 'client_email', 'private_key', 'private_key_id'].map(
    (name) => asWord(field(json, name)),
  )
  if (type !== 'service_account' || !email || !privateKey) return undefined
  const key = { privateKey: new Secret(privateKey), keyId: keyId || undefined }
  return isSigningKey(key.privateKey) ? { email, key } : undefined
}

export const isServiceAccount = (file: Secret): boolean => accountIn(file) !== undefined

interface Delegation {
  /** The address of the token endpoint. */
  audience: string
  /** The administrator that the token acts for. */
  admin: string
  scope: string
}

/** Asks for a token that acts for an administrator (developers.google.com, "Using OAuth 2.0 for Server to Server"). */
export const delegated = (file: Secret, { audience, admin, scope }: Delegation): Grant => {
  // Read for each request: the key file may have been replaced meanwhile.
  const grant = () => {
    const account = accountIn(file)
    if (!account) {
      throw new Unauthorized(
        'The key file of the service account is not usable.',
        'Make a new one: Google Cloud console, IAM & Admin > Service Accounts > the account > Keys.',
      )
    }
    return jwtBearer(account.key, { iss: account.email, sub: admin, aud: audience, scope })
  }
  return {
    type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    parameters: () => grant().parameters(),
    secrets: [file],
  }
}
