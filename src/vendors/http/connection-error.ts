import { type IdentityError, NoConnection, Unavailable, WrongAddress } from '../../errors.ts'
import { inQuotes } from '../../text/text.ts'

/** A connection that was not made. */
interface Attempt {
  /** The app. */
  url: URL
  /** Issuer of the certificate that was shown, as the certificate says. */
  issuer?: string | undefined
  /** What says the address, if no tenant does: a setting or an option. */
  setting?: string | undefined
}

const OF_TENANT = '`url` in the settings of this tenant'

/** What stands in the way of a connection to an app, in words that tell the name, the certificate and the network apart. */
export function connectionError(cause: unknown, { url, issuer, setting }: Attempt): IdentityError {
  const code = networkCodeOf(cause)
  const { host, hostname } = url
  if (code === 'ENOTFOUND') {
    return new WrongAddress(
      `DNS knows no host ${hostname}.`,
      `Check ${setting ?? OF_TENANT}. If only a proxy can resolve the name, set \`proxy\`.`,
      { cause },
    )
  }
  if (code === 'EAI_AGAIN') {
    return new Unavailable(
      `DNS does not answer for ${hostname}.`,
      'Check the network and its DNS. If only a proxy can resolve the name, set `proxy`.',
      { cause },
    )
  }
  const said = certificateFault(code, { issuer, setting })
  if (said) return new NoConnection(`TLS to ${host} failed: ${said.message}`, said.hint, { cause })
  return new Unavailable(
    `${setting === undefined ? 'The app at ' : ''}${host} cannot be reached.`,
    'Try again later, or check the network.',
    {
      cause,
    },
  )
}

const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_UNTRUSTED|CERT_CHAIN_TOO_LONG|INVALID_CA)/

const TRUST =
  'If it is the authority of your company or its TLS inspection, trust it with the setting `ca`. ' +
  'If nobody there knows it, somebody else may be answering for the app.'

function certificateFault(
  code: string,
  { issuer, setting = OF_TENANT }: Pick<Attempt, 'issuer' | 'setting'> = {},
): { message: string; hint: string } | undefined {
  if (UNTRUSTED.test(code)) {
    const by = issuer === undefined ? 'by an authority' : `by ${inQuotes(issuer, 64)},`
    return { message: `the certificate is issued ${by} that is not trusted.`, hint: TRUST }
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      message: 'the certificate is for another host name.',
      hint: `Check the host name in ${setting}.`,
    }
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return {
      message: `the certificate ${code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet'}.`,
      hint: 'Check the clock of this machine. If it is right, the app needs a new certificate.',
    }
  }
  if (/^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO)/.test(code)) {
    return {
      message: 'the two sides cannot agree on a connection.',
      hint: `Check the port in ${setting}, and what is between: a firewall or TLS inspection.`,
    }
  }
  return undefined
}

/** A proxy that could not be asked; it is undefined if its address is none. */
export function proxyError(cause: unknown, { url, proxy }: { url: URL; proxy?: URL }): IdentityError {
  if (!proxy) {
    return new NoConnection(
      'The address of the proxy is not usable.',
      'It must be like http://HOST:PORT: check the setting `proxy` and the proxy variables of this process.',
    )
  }
  const { host } = proxy
  const said = certificateFault(networkCodeOf(cause))
  if (said) return new NoConnection(`TLS to the proxy ${host} failed: ${said.message}`, said.hint, { cause })
  return new Unavailable(
    `The proxy ${host}, on the way to ${url.host}, cannot be reached.`,
    'Check the setting `proxy` or the proxy variables of this process. `proxy` of a tenant can be none, to go direct.',
    { cause },
  )
}

/** What a proxy answered that made no connection. */
export function proxyRefusal(status: number, { url, proxy }: { url: URL; proxy: URL }): IdentityError {
  if (status === 407) {
    return new NoConnection(
      `The proxy ${proxy.host} wants a login, or refuses the one it got (HTTP 407).`,
      'Put user and password into the address: `proxy` as env:NAME with http://USER:PASSWORD@HOST:PORT.',
    )
  }
  if (status >= 500 || status === 429) {
    return new Unavailable(
      `The proxy ${proxy.host} cannot reach ${url.host} (HTTP ${status}).`,
      'Try again later, or check the host name in `url` of this tenant.',
    )
  }
  return new NoConnection(
    `The proxy ${proxy.host} refuses to connect to ${url.host} (HTTP ${status}).`,
    'Ask the people who run the proxy to allow this host, or check the setting `proxy`.',
  )
}

/** The code of Node or undici that says why a connection failed or broke. */
function networkCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  // Node 20 wraps the failures of all addresses that it tried.
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner === undefined ? '' : networkCodeOf(inner)
}
