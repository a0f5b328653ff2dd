import { type FaultKind, wait } from './faults.ts'
import type { Outcome, Reply } from './http-types.ts'

const html = (status: number, title: string): Reply => ({
  status,
  type: 'text/html',
  body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
})

const httpDate = (at: number) => new Date(at).toUTCString()

const OVERSIZE_BYTES = 17 * 1024 * 1024

/** Of an app that is sent a secret when an account is made. */
export const ECHOES_BODY = {
  'echoes-body': {
    about: 'Refuses a POST with a text that repeats what it sent.',
    when: ({ method, path }) => method === 'POST' && !path.includes('token'),
    async act(incoming, run) {
      // It was carried out all the same.
      await run(incoming)
      const message = `Cannot take ${incoming.text}`
      return {
        status: 400,
        body: { error: { code: 400, message, errors: [{ message, reason: 'invalid' }] } },
      }
    },
  },
} satisfies Record<string, FaultKind>

/** Faults of any app over HTTP. */
export const HTTP_FAULTS = {
  '429-storm': {
    about: 'Answers 429 without Retry-After.',
    front: true,
    act: () => ({ status: 429, bare: true }),
  },
  '429-retry-after': {
    about: 'Answers 429 with Retry-After, in seconds: ms rounded up.',
    front: true,
    ms: 1_000,
    act: (_, __, { ms }) => ({
      status: 429,
      bare: true,
      headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
      body: { message: 'Too many requests' },
    }),
  },
  'limit-as-403': {
    about: 'Answers 403 with nothing left of a rate limit for ms.',
    front: true,
    ms: 1_000,
    act: ({ at }, _, { ms }) => ({
      status: 403,
      bare: true,
      headers: {
        date: httpDate(at),
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': '0',
        'x-ratelimit-reset': String(Math.ceil((at + ms) / 1000)),
      },
      body: { message: 'API rate limit exceeded' },
    }),
  },
  '429-date': {
    about: 'Answers 429 with Retry-After as a date: ms from now.',
    front: true,
    ms: 2_000,
    act: ({ at }, _, { ms }) => ({
      status: 429,
      bare: true,
      headers: { date: httpDate(at), 'retry-after': httpDate(at + ms) },
    }),
  },
  '429-zero': {
    about: 'Answers 429 with Retry-After: 0.',
    front: true,
    act: () => ({ status: 429, bare: true, headers: { 'retry-after': '0' } }),
  },
  '429-in-200': {
    about: 'Answers 200 with {"error":{"code":429,…}} inside.',
    front: true,
    act: () => ({ status: 200, bare: true, body: { error: { code: 429, message: 'Too many requests' } } }),
  },
  unavailable: {
    about: 'Answers 503 without Retry-After.',
    front: true,
    act: () => ({ status: 503, bare: true }),
  },
  'unavailable-for': {
    about: 'Answers 503 with Retry-After, in seconds: ms rounded up.',
    front: true,
    ms: 1_000,
    act: (_, __, { ms }) => ({
      status: 503,
      bare: true,
      headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
    }),
  },
  'server-error': {
    about: 'Does no work and answers 500 (or another, if set).',
    front: true,
    status: 500,
    act: (_, __, { status }) => ({ status, body: { message: 'Internal Server Error' } }),
  },
  'error-after-work': {
    about: 'Does the work, then answers 500 (or another, if set).',
    status: 500,
    async act(incoming, run, { status }) {
      await run(incoming)
      return { status, body: { message: 'Internal Server Error' } }
    },
  },
  'redirect-elsewhere': {
    about: 'Redirects to another origin that serves the request.',
    front: true,
    // The same app under another host name: its log shows which clients followed, and with which token.
    when: ({ headers }) => !headers.host?.startsWith('localhost'),
    status: 302,
    act: ({ headers, path, query }, _, { status }) => ({
      status,
      headers: { location: `http://localhost:${headers.host?.split(':')[1]}${path}?${query}` },
    }),
  },
  'slash-redirect': {
    about: 'Redirects to the same path with a slash at its end.',
    front: true,
    act(incoming, run) {
      const { path, query } = incoming
      if (path.endsWith('/')) return run({ ...incoming, path: path.replace(/\/+$/, '') })
      const asked = query.size > 0 ? `?${query}` : ''
      return { status: 301, headers: { location: `${path}/${asked}` } }
    },
  },
  'no-accept-with-delete': {
    about: 'Refuses DELETE with an Accept header or a media type.',
    front: true,
    when: ({ method, headers }) =>
      method === 'DELETE' && (headers.accept !== undefined || headers['content-type'] !== undefined),
    act: () => ({ status: 406, body: { message: 'Not Acceptable' } }),
  },
  'agent-required': {
    about: 'Answers 403 to requests without User-Agent (GitHub).',
    front: true,
    when: ({ headers }) => !headers['user-agent'],
    act: () => ({ status: 403, body: { message: 'Request forbidden by administrative rules.' } }),
  },
  slow: {
    about: 'Does the work immediately, but answers ms later.',
    ms: 1_000,
    async act(incoming, run, { ms }) {
      const outcome = await run(incoming)
      await wait(ms, incoming)
      return outcome
    },
  },
  'late-work': {
    about: 'Does the work ms later, even if the client disconnects.',
    ms: 1_000,
    async act(incoming, run, { ms }) {
      await wait(ms, incoming)
      return run(incoming)
    },
  },
  'lost-reply': {
    about: 'Does the work, then hangs up without an answer.',
    async act(incoming, run): Promise<Outcome> {
      await run(incoming)
      return 'close'
    },
  },
  reset: {
    about: 'Resets the connection and does no work.',
    front: true,
    act: () => 'reset',
  },
  hang: {
    about: 'Does nothing and never answers.',
    front: true,
    act: () => 'silence',
  },
  'html-errors': {
    about: 'Answers 200 with the HTML of a login page.',
    front: true,
    act: () => html(200, 'Sign in'),
  },
  'bad-gateway': {
    about: 'Answers 502 with the HTML of a gateway.',
    front: true,
    act: () => html(502, '502 Bad Gateway'),
  },
  'empty-reply': {
    about: 'Does the work; answers the right status without a body.',
    act: async (incoming, run) => change(await run(incoming), () => undefined),
  },
  oversized: {
    about: 'Answers correctly, followed by 20 MB of spaces.',
    act: async (incoming, run) =>
      change(await run(incoming), (body) => `${JSON.stringify(body)}${' '.repeat(OVERSIZE_BYTES)}`),
  },
} satisfies Record<string, FaultKind>

/** The outcome with its body altered, if it has one. */
export const change = (outcome: Outcome, alter: (body: unknown) => unknown): Outcome =>
  typeof outcome === 'string' || outcome.body === undefined
    ? outcome
    : { ...outcome, body: alter(outcome.body) }
