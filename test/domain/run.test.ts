import { expect, test } from 'vitest'
import { changedIn, type RunRow } from '../../src/domain/run.ts'

const row = (person: string, more: Partial<RunRow> = {}): RunRow => ({
  person,
  tenant: 'acme-scim',
  outcome: 'skipped',
  code: 'changed',
  verified: false,
  frozen: 'as it was planned',
  ...more,
})
const { frozen: _, ...unplanned } = row('back@example.com')

test.each<[string, RunRow[], ReturnType<typeof changedIn>]>([
  ['nobody', [], undefined],
  ['who changed before the plan was made', [unplanned], undefined],
  ['who was left alone for another reason', [row('ada@example.com', { code: 'protected' })], undefined],
  ['what could not be done', [row('ada@example.com', { outcome: 'failed' })], undefined],
  [
    'two accounts of one person',
    [row('ada@example.com'), row('ada@example.com', { tenant: 'acme-netskope' })],
    { accounts: 2, people: ['ada@example.com'], peopleCount: 1, tenants: ['acme-scim', 'acme-netskope'] },
  ],
  [
    'more people than are kept with a run',
    Array.from({ length: 21 }, (_, at) => row(`${at}@example.com`)),
    {
      accounts: 21,
      people: Array.from({ length: 20 }, (_, at) => `${at}@example.com`),
      peopleCount: 21,
      tenants: ['acme-scim'],
    },
  ],
])('whom a run asks about again: %s', (_, rows, changed) => {
  expect(changedIn(rows)).toEqual(changed)
})
