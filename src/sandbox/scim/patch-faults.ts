import type { FaultKind } from '../faults.ts'
import { isPatch, operationsOf, quirk, refuse, succeeded } from './fault-parts.ts'

/** Deviations of SCIM services in PATCH. */
export const PATCH_FAULTS = {
  'patch-unsupported': {
    about: 'Refuses every PATCH with 405 (or 501, if set).',
    when: isPatch,
    status: 405,
    act: (_, __, { status }) => refuse(status, 'PATCH is not supported'),
  },
  'patch-path-only': {
    about: 'Refuses a PATCH with an operation without a path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path === undefined),
    act: () => refuse(400, 'Every operation needs a path', 'invalidPath'),
  },
  'patch-pathless-only': {
    about: 'Refuses a PATCH with an operation that has a path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path !== undefined),
    act: () => refuse(400, 'No operation may bear a path', 'invalidPath'),
  },
  'patch-path-drops': {
    about: 'Drops the connection on a PATCH with a path.',
    when: (incoming) => isPatch(incoming) && operationsOf(incoming).some(({ path }) => path !== undefined),
    act: () => 'close',
  },
  'patch-status-object': {
    about: 'Answers PATCH with 200 {"status":"204","description":…}.',
    when: isPatch,
    async act(incoming, run) {
      const outcome = await run(incoming)
      if (typeof outcome === 'string' || outcome.status >= 300) return outcome
      return { status: 200, body: { status: '204', description: 'PATCH Completed' } }
    },
  },
  'patch-ignored': {
    about: 'Answers PATCH with 204 and changes nothing.',
    when: isPatch,
    act: () => ({ status: 204 }),
  },
  'patch-empty-200': {
    about: 'Answers PATCH with 200 and no body.',
    when: isPatch,
    async act(incoming, run) {
      const outcome = await run(incoming)
      return succeeded(outcome) ? { status: 200, type: 'application/scim+json', body: '' } : outcome
    },
  },
  // better-auth/better-auth#8549
  'patch-no-op-refused': quirk('patch-no-op-refused', 'Refuses a PATCH that changes nothing with 400.'),
  // apache/directory-scimple#725, Captain-P-Goldfish/SCIM-SDK#327
  'patch-replaces-objects': quirk('patch-replaces-objects', 'A PATCH without a path replaces whole objects.'),
  // open-webui/open-webui#30074
  'patch-path-ignored': quirk('patch-path-ignored', 'Ignores unknown paths in a PATCH and reports success.'),
} satisfies Record<string, FaultKind>
