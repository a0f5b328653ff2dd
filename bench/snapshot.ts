import { snapshotCrowd } from '../test/support/crowd/snapshot.ts'
import { atMost, exactly, type Part, times } from './rows.ts'

const PEOPLE = Number(process.env.SNAPSHOT_PEOPLE ?? 100_000)
const PAGE = 200

/** Two snapshots of a large directory: size, time, and whether their events are the changes that were made between them. */
export const snapshotPart: Part = async () => {
  const small = await snapshotCrowd(PEOPLE / 10, PAGE)
  const large = await snapshotCrowd(PEOPLE, PAGE)
  return {
    title: 'Snapshots of a large directory',
    how:
      `\`audit snapshot\` of ${PEOPLE} accounts over SCIM in pages of ${PAGE}, then changes to some of them, a second snapshot, and ` +
      '`audit export` of the events; before it the same with a tenth of them. The bare loop reads the same pages with undici and ' +
      `parses them. \`SNAPSHOT_PEOPLE=${PEOPLE} npm run bench -- --only snapshot --write\`.`,
    rows: [
      exactly('requests of the first, and pages', large.requests, PEOPLE / PAGE),
      exactly('events that are no change', large.extra, 0),
      exactly('changes without an event', large.lost, 0),
      { what: 'changes made, events told', figure: `${large.made}, ${large.told}` },
      atMost('most memory, relative to a tenth of the accounts', large.memory / small.memory, 1.5, times),
      { what: 'most memory (RSS)', figure: `${large.memory.toFixed(0)} MiB` },
      { what: 'database, per account', figure: `${Math.round(large.bytes / PEOPLE)} bytes` },
      {
        what: 'time of the first, of the second, of the bare loop',
        figure: [large.first, large.second, large.bare].map((one) => `${one.toFixed(1)} s`).join(', '),
      },
    ],
  }
}
