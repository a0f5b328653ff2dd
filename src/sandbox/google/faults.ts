import type { FaultKind } from '../faults.ts'
import { tooFast, tooMany } from './errors.ts'

/** Google's own ways to refuse. */
export const GOOGLE_FAULTS = {
  'google-rate-403': {
    about: 'Answers 403 with Google’s userRateLimitExceeded.',
    front: true,
    act: () => ({ ...tooFast().reply, bare: true }),
  },
  'google-rate-429': {
    about: 'Answers 429 with Google’s rateLimitExceeded.',
    front: true,
    act: () => ({ ...tooMany().reply, bare: true }),
  },
} satisfies Record<string, FaultKind>
