import { startApp } from './app.ts'
import { openInProcess } from './one-process.ts'
import { atMost, exactly, type Part, times } from './rows.ts'

const PEOPLE = 100_000
// The largest page of this app.
const PAGE_SIZE = 200
const UNLIMITED = 1_000_000

export const scan: Part = async () => {
  await using app = await startApp({ crowd: PEOPLE, perMinute: UNLIMITED })
  await using server = openInProcess(app, { perMinute: UNLIMITED }, { pageSize: PAGE_SIZE, maxPages: 10_000 })
  const { seen, early, late } = await server.readEverybody(PAGE_SIZE)
  return {
    title: `A scan of ${PEOPLE.toLocaleString('en')} users`,
    how: `Listed through the guards in pages of ${PAGE_SIZE}; each page is dropped before the next is requested.`,
    rows: [
      exactly('Users seen, each once', seen, PEOPLE),
      exactly('Requests', (await app.arrivals()).length, PEOPLE / PAGE_SIZE),
      atMost('Live memory at the end, relative to a tenth of the pages', late / early, 1.1, times),
    ],
  }
}
