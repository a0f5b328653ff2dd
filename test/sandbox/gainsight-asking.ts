import { type GainsightOptions, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'
import { type Asking, request, scimAt } from './asking.ts'

/** A simulated Gainsight for one test, and ways to ask it over HTTP. */
export async function openGainsight(
  gainsight: GainsightOptions = {},
  options: Omit<SandboxOptions, 'apps'> = {},
) {
  const sandbox = await startSandbox({ ...options, apps: ['gainsight'], gainsight })
  const tenant = sandbox.tenants['acme-gainsight']
  const { url, tokens, oauth } = tenant
  const basic = Buffer.from(`${oauth.clientId}:${oauth.clientSecret}`).toString('base64')
  return {
    tenant,
    sandbox,
    ...scimAt(`${url}${gainsight.scimBases?.[0] ?? '/v1/users/services/scim'}`, () => tokens.scim.value),
    /** REST, with the access key. */
    rest: (method: string, path: string, { body, ...asking }: Asking = {}) =>
      request(
        method,
        `${url}/v1/users${path}`,
        { accesskey: tokens.accessKey.value },
        {
          ...asking,
          ...(body !== undefined && {
            body,
            headers: { 'content-type': 'application/json', ...asking.headers },
          }),
        },
      ),
    /** A form sent to one of the token endpoints. */
    oauth: (path: string, form: Record<string, string> = {}, headers: Record<string, string> = {}) =>
      request(
        'POST',
        `${url}/v1/users${path}`,
        { authorization: `Basic ${basic}` },
        {
          body: new URLSearchParams(form).toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        },
      ),
    [Symbol.asyncDispose]: () => sandbox.close(),
  }
}

export const M2M = '/m2m/oauth/token'
