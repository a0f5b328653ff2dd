import { expect, test } from 'vitest'
import { momentIn } from '../../src/domain/moment.ts'

test.each([
  ['2026-12-24T18:00:00+01:00', '2026-12-24T17:00:00.000Z'],
  ['2026-12-24T18:00Z', '2026-12-24T18:00:00.000Z'],
  ['2026-12-24T18:00[Europe/Berlin]', '2026-12-24T17:00:00.000Z'],
  ['2026-07-24T18:00[Europe/Berlin]', '2026-07-24T16:00:00.000Z'],
  ['2026-07-24T18:00:30.5[America/New_York]', '2026-07-24T22:00:30.500Z'],
  ['2026-07-24T18:00[Asia/Kathmandu]', '2026-07-24T12:15:00.000Z'],
  // Shown twice, when the clocks go back: the first.
  ['2026-10-25T02:30[Europe/Berlin]', '2026-10-25T00:30:00.000Z'],
  ['2026-10-25T03:00[Europe/Berlin]', '2026-10-25T02:00:00.000Z'],
  ['2026-03-29T03:00[Europe/Berlin]', '2026-03-29T01:00:00.000Z'],
  // By half an hour, in the other half of the year.
  ['2026-04-05T01:45[Australia/Lord_Howe]', '2026-04-04T14:45:00.000Z'],
])('%s is %s', (text, moment) => {
  expect(new Date(momentIn(text) ?? Number.NaN).toISOString()).toBe(moment)
})

test.each([
  ['a time that the clocks skip', '2026-03-29T02:30[Europe/Berlin]'],
  ['a time that the clocks skip by half an hour', '2026-10-04T02:15[Australia/Lord_Howe]'],
  ['no zone', '2026-12-24T18:00'],
  ['a zone that there is not', '2026-12-24T18:00[Europe/Atlantis]'],
  ['a day that there is not', '2026-02-30T18:00[Europe/Berlin]'],
  ['such a day with an offset', '2026-02-30T18:00Z'],
  ['an offset and a zone', '2026-12-24T18:00+01:00[Europe/Berlin]'],
  ['words', 'tomorrow'],
])('%s is no moment', (_, text) => {
  expect(momentIn(text)).toBeUndefined()
})
