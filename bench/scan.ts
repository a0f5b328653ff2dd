import { startApp } from './app.ts'
import { openInProcess } from './one-process.ts'
import { atMost, exactly, type Part, times } from './rows.ts'

const PEOPLE = 100_000
// The most that this app gives at once.
const PAGE = 200
const PLENTY = 1_000_000

export const scan: Part = async () => {
  await using app = await startApp({ crowd: PEOPLE, perMinute: PLENTY })
  await using server = openInProcess(app, { perMinute: PLENTY }, { pageSize: PAGE, maxPages: 10_000 })
  const { seen, early, late } = await server.readEverybody(PAGE)
  return {
    title: `A scan of ${PEOPLE.toLocaleString('en')} users`,
    how: `Listed page by page through the guards, ${PAGE} at a time, each page let go before the next is asked for.`,
    rows: [
      exactly('Users seen, each once', seen, PEOPLE),
      exactly('Requests', (await app.arrivals()).length, PEOPLE / PAGE),
      atMost('Live memory at the end over that after a tenth of the pages', late / early, 1.1, times),
    ],
  }
}
