import type { FaultKind } from '../faults.ts'
import { isRead, isScim, refuse } from './fault-parts.ts'
import { LIST_FAULTS } from './list-faults.ts'
import { PATCH_FAULTS } from './patch-faults.ts'
import { RECORD_FAULTS } from './record-faults.ts'
import { REFUSAL_FAULTS } from './refusal-faults.ts'
import { WRITE_FAULTS } from './write-faults.ts'

/** Deviations from RFC 7644 that real SCIM services have shown. */
export const SCIM_FAULTS = {
  eventual: {
    about: 'Reads show a write only after ms.',
    when: isRead,
    ms: 500,
    act: (incoming, run, { ms }) => run({ ...incoming, asOf: incoming.at - ms }),
  },
  'sso-inactive': {
    about: 'Answers 400 (or 500, if set): SSO is not configured.',
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
