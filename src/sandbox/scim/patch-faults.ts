import type { FaultKind } from '../faults.ts'
import { isPatch, operationsOf, quirk, refuse, succeeded } from './fault-parts.ts'

/** Odd ways in which SCIM services PATCH. */
export const PATCH_FAULTS = {
  'patch-unsupported': {
    about: 'Refuses every PATCH with status 405 (or 501, if told).',
    when: isPatch,
    status: 405,
    act: (_, __, { status }) => refuse(status, 'PATCH is not supported'),
  },
  'patch-path-only': {
    about: 'Refuses a PATCH whose operations bear no path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path === undefined),
    act: () => refuse(400, 'Every operation needs a path', 'invalidPath'),
  },
  'patch-pathless-only': {
    about: 'Refuses a PATCH whose operations bear a path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path !== undefined),
    act: () => refuse(400, 'No operation may bear a path', 'invalidPath'),
  },
  'patch-status-object': {
    about: 'Answers a PATCH 200 {"status":"204","description":…}.',
    when: isPatch,
    async act(incoming, run) {
      const outcome = await run(incoming)
      if (typeof outcome === 'string' || outcome.status >= 300) return outcome
      return { status: 200, body: { status: '204', description: 'PATCH Completed' } }
    },
  },
  'patch-ignored': {
    about: 'Answers a PATCH 204 and changes nothing.',
    when: isPatch,
    act: () => ({ status: 204 }),
  },
  'patch-empty-200': {
    about: 'Answers a PATCH 200 with no body.',
    when: isPatch,
    async act(incoming, run) {
      const outcome = await run(incoming)
      return succeeded(outcome) ? { status: 200, type: 'application/scim+json', body: '' } : outcome
    },
  },
  // better-auth/better-auth#8549
  'patch-no-op-refused': quirk('patch-no-op-refused', 'Refuses a PATCH that changes nothing with 400.'),
  // open-webui/open-webui#30074
  'patch-path-ignored': quirk('patch-path-ignored', 'Ignores the unknown paths of a PATCH and says well.'),
} satisfies Record<string, FaultKind>
