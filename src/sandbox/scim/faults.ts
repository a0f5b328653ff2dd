import type { FaultKind } from '../faults.ts'
import { isRead, isScim, refuse } from './fault-parts.ts'
import { LIST_FAULTS } from './list-faults.ts'
import { PATCH_FAULTS } from './patch-faults.ts'
import { RECORD_FAULTS } from './record-faults.ts'
import { REFUSAL_FAULTS } from './refusal-faults.ts'
import { WRITE_FAULTS } from './write-faults.ts'

/** What real SCIM services were seen to do besides what RFC 7644 says. */
export const SCIM_FAULTS = {
  eventual: {
    about: 'Reads show a write only ms later.',
    when: isRead,
    ms: 500,
    act: (incoming, run, { ms }) => run({ ...incoming, asOf: incoming.at - ms }),
  },
  'sso-inactive': {
    about: 'Answers 400 (or 500, if told): SSO is not configured.',
    when: isScim,
    status: 400,
    act: (_, __, { status }) => refuse(status, 'SSO is not configured for this tenant'),
  },
  ...PATCH_FAULTS,
  ...WRITE_FAULTS,
  ...LIST_FAULTS,
  ...RECORD_FAULTS,
  ...REFUSAL_FAULTS,
} satisfies Record<string, FaultKind>
