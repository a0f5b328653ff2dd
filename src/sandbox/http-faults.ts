import type { Outcome, Reply } from './exchange.ts'
import { type FaultKind, wait } from './faults.ts'

const html = (status: number, title: string): Reply => ({
  status,
  type: 'text/html',
  body: `<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
})

const LARGE = 20 * 1024 * 1024

/** What can go wrong with any app that is reached over HTTP. */
export const HTTP_FAULTS = {
  '429-storm': {
    about: 'Answers 429 and nothing that says when to come back.',
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
  slow: {
    about: 'Does the work at once, but answers ms later.',
    ms: 1_000,
    async act(incoming, run, { ms }) {
      const outcome = await run(incoming)
      await wait(ms, incoming)
      return outcome
    },
  },
  'late-work': {
    about: 'Does the work ms later, though nobody may be waiting then.',
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
    about: 'Does the work; the answer has the right status, no body.',
    act: async (incoming, run) => change(await run(incoming), () => undefined),
  },
  oversized: {
    about: 'Answers rightly, followed by 20 MB of blanks.',
    act: async (incoming, run) =>
      change(await run(incoming), (body) => `${JSON.stringify(body)}${' '.repeat(LARGE)}`),
  },
} satisfies Record<string, FaultKind>

/** The outcome with another body, where it is a reply that has one. */
export const change = (outcome: Outcome, alter: (body: unknown) => unknown): Outcome =>
  typeof outcome === 'string' || outcome.body === undefined
    ? outcome
    : { ...outcome, body: alter(outcome.body) }
