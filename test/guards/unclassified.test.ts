import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { openApprovals } from '../../src/approvals/approvals.ts'
import { ChangeLimits, Confirm } from '../../src/config/policy.ts'
import type { Plan } from '../../src/domain/change.ts'
import type { Tool } from '../../src/engine/tool.ts'
import { callGuards } from '../../src/guards/call-pipeline.ts'
import { compose } from '../../src/guards/compose.ts'
import { openFreezes } from '../../src/limits/freezes.ts'
import { storeLedger } from '../../src/limits/ledger.ts'
import { storePeople } from '../../src/limits/people.ts'
import { unmetered } from '../../src/meter.ts'
import { openClaims } from '../../src/store/claims.ts'
import { stateSigner } from '../../src/store/signed-state.ts'
import { memoryStore } from '../../src/store/table-store.ts'
import { toWire } from '../../src/tools/to-wire.ts'
import { change, codeOf, FACTS, makeCall, plan, recordingNext, TRAITS } from '../support/call.ts'

const NONE = Confirm.parse({
  removes: 'none',
  bulk: 'none',
  deletes: 'none',
  admins: 'none',
  changes: 'none',
  adds: 'none',
})

/** All guards of a server whose settings ask nobody for anything. */
function guarded({
  readOnly = false,
  removesPerHour = 20,
  made = (): Plan | undefined => plan(change()),
} = {}) {
  const store = memoryStore()
  const freezes = openFreezes(store)
  const events: string[] = []
  const journal = { append: async ({ event }: { event: string }) => void events.push(event) as never }
  const policy = {
    settings: { readOnly, protected: [] },
    journalling: { journal, refusals: journal, warn: () => undefined },
    mustExist: () => undefined,
    canSeeTenants: () => true,
    isSupported: () => true,
    isReadOnly: () => false,
    appOf: (tenant: string) => tenant,
    sharing: (tenant: string) => [tenant],
    blast: {
      ledger: storeLedger(store),
      people: storePeople(store),
      freezes,
      appOf: (tenant: string) => tenant,
      factsOf: () => FACTS,
      limits: ChangeLimits.parse({ removesPerHour, changesPerHour: 1_000 }),
    },
    freezes,
    store,
    claims: openClaims(store),
    meter: unmetered,
    tracing: undefined,
    confirming: {
      policy: {
        confirm: NONE,
        about: () => TRAITS,
      },
      approvals: openApprovals(store),
      approvers: { list: async () => [] },
      signer: stateSigner(store),
      approveAt: async () => ({ words: 'somewhere' }),
      tend: async () => {},
      brief: async () => ({ changes: [] }),
    },
  }
  const { next, reached } = recordingNext()
  const planOf = () => {
    const planned = made()
    return planned && Promise.resolve(planned)
  }
  const run = compose(callGuards(policy, { planOf, listAdmins: () => undefined }), next)
  return { events, reached, run }
}

/** Effects that no tool of ours declares: left out, misspelt, and names that every object has. */
const UNKNOWN = [
  undefined,
  null,
  '',
  'read',
  'READS',
  'reads ',
  'deletes',
  'deletes',
  'bulk',
  'constructor',
  '__proto__',
  'toString',
  0,
  {},
]

const unclassified = (effect: unknown) =>
  makeCall({
    tool: { ...makeCall().tool, name: 'made_up', effect: effect as never, output: () => z.looseObject({}) },
  })

describe.each(UNKNOWN)('a tool whose effect is %j', (effect) => {
  test('needs approval, whatever the settings ask of any kind of change', async () => {
    const { run, reached, events } = guarded()
    expect(await run(unclassified(effect))).toMatchObject({ answer: { status: 'approval_required' } })
    expect(reached).toEqual([])
    expect(events).toEqual(['asked'])
  })

  test('counts against the limit of removals, is refused where nothing may be changed, and makes a plan or fails', async () => {
    expect(
      await codeOf(
        guarded({
          removesPerHour: 1,
          made: () => plan(change(), change({ id: 'id-2', userName: 'al' })),
        }).run(unclassified(effect)),
      ),
    ).toBe('limit_reached')
    expect(await codeOf(guarded({ readOnly: true }).run(unclassified(effect)))).toBe('read_only')
    await expect(guarded({ made: () => undefined }).run(unclassified(effect))).rejects.toThrow(
      'makes no plan',
    )
  })

  test('is shown to clients as one that destroys', () => {
    const tool = { ...unclassified(effect).tool, title: '', description: '', input: () => z.strictObject({}) }
    expect(toWire(tool as unknown as Tool).annotations).toMatchObject({
      readOnlyHint: false,
      destructiveHint: true,
    })
  })
})

test('a tool that is classified goes through such settings unasked', async () => {
  const { run, reached } = guarded()
  expect(await run(makeCall())).toMatchObject({ answer: { status: 'done' } })
  expect(reached).toHaveLength(1)
})
