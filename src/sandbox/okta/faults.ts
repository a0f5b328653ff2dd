import type { FaultKind } from '../faults.ts'
import { fail, lacksScope } from './reply.ts'

const isSessions = ({ method, path }: { method: string; path: string }) =>
  method === 'DELETE' && path.endsWith('/sessions')

/** Faults of Okta alone. */
export const OKTA_FAULTS = {
  'concurrent-limit': {
    about: 'Answers 429 for too many requests at once: a limit of 0.',
    front: true,
    act: ({ at }) => ({
      ...fail('E0000047'),
      bare: true,
      headers: {
        'x-rate-limit-limit': '0',
        'x-rate-limit-remaining': '0',
        'x-rate-limit-reset': String(Math.ceil(at / 1_000) + 2),
        date: new Date(at).toUTCString(),
      },
    }),
  },
  'sessions-stay': {
    about: 'Refuses to end sessions.',
    when: isSessions,
    act: () => fail('E0000006'),
  },
  'scope-taken': {
    about: 'Says that the token lacks the scope for users.',
    act: (incoming) => lacksScope(incoming, 'okta.users.read'),
  },
  'no-stats': {
    about: 'Lists groups without their statistics.',
    when: ({ path }) => path.endsWith('/groups'),
    act: (incoming, run) => {
      const query = new URLSearchParams(incoming.query)
      query.delete('expand')
      return run({ ...incoming, query })
    },
  },
  'link-elsewhere': {
    about: 'The next page of each list is said to be on another host.',
    async act(incoming, run) {
      const outcome = await run(incoming)
      if (typeof outcome === 'string') return outcome
      const link = `<http://localhost:${incoming.headers.host?.split(':')[1]}${incoming.path}?after=x>; rel="next"`
      return { ...outcome, headers: { ...outcome.headers, link } }
    },
  },
} satisfies Record<string, FaultKind>
