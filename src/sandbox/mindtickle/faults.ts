import type { FaultKind } from '../faults.ts'
import { change } from '../http-faults.ts'
import { eachRecord, isCreate, isList, isPatch, isUsers, succeeded } from '../scim/fault-parts.ts'

/** Replies with only what the examples in stitchflow.com's Mindtickle API guide show. */
export const MINDTICKLE_FAULTS = {
  'sparse-replies': {
    about: 'Shows only the user attributes in the API guide.',
    when: (incoming) => isUsers(incoming) && (isList(incoming) || isCreate(incoming) || isPatch(incoming)),
    async act(incoming, run) {
      const outcome = await run(incoming)
      if (!succeeded(outcome)) return outcome
      return change(outcome, (body) =>
        eachRecord(body, ({ id, userName, active }) =>
          isList(incoming) ? { id, userName } : isPatch(incoming) ? { id, active } : { id, userName, active },
        ),
      )
    },
  },
} satisfies Record<string, FaultKind>
