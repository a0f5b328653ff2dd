import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { isObject } from '../http-types.ts'
import { graphError } from './graph-error.ts'

/** What Graph is known to do, beside what any service over HTTP does. */
export const ENTRA_FAULTS = {
  'replica-lag': {
    about: 'Reads show a write only after ms: another replica answers.',
    when: ({ method }) => method === 'GET',
    ms: 500,
    act: (incoming, run, { ms }) => run({ ...incoming, asOf: incoming.at - ms }),
  },
  'graph-throttled': {
    about: 'Answers 429, with Retry-After as a date: ms from now.',
    front: true,
    ms: 1_000,
    when: ({ path }) => path.startsWith('/v1.0/'),
    act: ({ at }, _, { ms }) => ({
      ...graphError(429, 'TooManyRequests', 'Too many requests.'),
      bare: true,
      headers: { date: new Date(at).toUTCString(), 'retry-after': new Date(at + ms).toUTCString() },
    }),
  },
  'no-premium': {
    about: 'Refuses the sign-in log: the directory has no P1 licence.',
    when: ({ path, query }) =>
      path.endsWith('/auditLogs/signIns') || (query.get('$select') ?? '').includes('signInActivity'),
    act: () =>
      graphError(
        403,
        'Authentication_RequestFromNonPremiumTenantOrB2CTenant',
        "Neither tenant is B2C or tenant doesn't have premium license",
      ),
  },
  'no-governance': {
    about: 'Refuses to tell who can activate a role: no P2 licence.',
    when: ({ path }) => path.endsWith('/roleEligibilityScheduleInstances'),
    act: () =>
      graphError(
        400,
        'AadPremiumLicenseRequired',
        'The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license.',
      ),
  },
  'next-link-elsewhere': {
    about: 'Sends links to the next page that lead to another origin.',
    async act(incoming, run) {
      return change(await run(incoming), (body) =>
        isObject(body) && typeof body['@odata.nextLink'] === 'string'
          ? { ...body, '@odata.nextLink': body['@odata.nextLink'].replace('127.0.0.1', 'localhost') }
          : body,
      )
    },
  },
} satisfies Record<string, FaultKind>
