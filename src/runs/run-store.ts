import { randomBytes } from 'node:crypto'
import {
  countRows,
  hasEnded,
  keptFor,
  type Run,
  type RunCounts,
  type RunInput,
  type RunRow,
  shownRow,
} from '../domain/run.ts'
import { NotFound } from '../errors.ts'
import { openLeases } from '../store/leases.ts'
import type { Store } from '../store/store.ts'

/** Rows are kept in pages, so that a step rewrites a few thousand bytes and not the run. */
export const ROWS_PER_PAGE = 64
/** For how long the same call finds a run that has ended. */
const REPEATED_MS = 24 * 3_600_000
/** The lease of whoever works on a run: another takes over once it lapses, within the 5 s that a killed run may stand still. */
const LEASE_MS = 3_000

/** Runs in the store, which every process that uses it shares. */
export interface RunStore {
  /** The run of this request, or a new one, unless `check` throws. */
  open(
    run: Omit<Run, 'id' | 'createdAt' | 'input'> & { input: RunInput },
    check?: (now: number) => void,
  ): Promise<Run>
  /** Puts a run there that another one calls for, unless it is there already. */
  add(run: Omit<Run, 'createdAt'>): Promise<void>
  get(id: string): Promise<Run | undefined>
  /** All that a run was asked to do, with everybody who was named. */
  inputOf(run: Pick<Run, 'id' | 'input'>): Promise<RunInput>
  list(): Promise<Run[]>
  /** Ids of the runs that have not ended. */
  openIds(): Promise<string[]>
  /** Changes a run, atomically; the run as it is afterwards. */
  change(id: string, edit: (run: Run, now: number) => Run): Promise<Run>
  page(id: string, page: number): Promise<RunRow[]>
  setPage(run: Pick<Run, 'id' | 'at' | 'until'>, page: number, rows: readonly RunRow[]): Promise<void>
  /** Whether this owner works on the run from now on; renews it too. */
  lease(id: string, owner: string): Promise<boolean>
  release(id: string, owner: string): Promise<void>
  now(): Promise<number>
}

const metaKey = (id: string) => `run/meta/${id}`
// A run is read and written all the time, and its people only once.
const peopleKey = (id: string) => `run/people/${id}`
const pageKey = (id: string, page: number) => `run/rows/${id}/${String(page).padStart(6, '0')}`
const requestKey = (hash: string) => `run/request/${hash}`
const leaseKey = (id: string) => `run/lease/${id}`
const OPEN_KEY = 'run/open'

/** `leases` need not outlive a power loss. */
export function openRunStore(store: Store, leases: Pick<Store, 'update'>): RunStore {
  const lease = openLeases(leases, LEASE_MS)
  const get = (id: string) => store.get<Run>(metaKey(id))
  const setOpen = (id: string, isOpen: boolean) =>
    store.update<string[], void>(OPEN_KEY, (ids = []) => {
      const others = ids.filter((one) => one !== id)
      return { next: isOpen ? [...others, id] : others, result: undefined }
    })
  return {
    async open(asked, check) {
      const id = `run-${randomBytes(6).toString('hex')}`
      const now = await store.now()
      const known = await store.get<string>(requestKey(asked.request))
      const before = known === undefined ? undefined : await get(known)
      if (before && isRepeatable(before, now)) return before
      check?.(now)
      const { people, onboard, ...brief } = asked.input
      const { people: _, ...how } = onboard ?? {}
      const input = { ...brief, ...(onboard && { onboard: how }) }
      const run: Run = { ...asked, input, id, createdAt: now }
      await store.set(peopleKey(id), { people, onboard }, keptFor(run, now))
      await store.set(metaKey(id), run, keptFor(run, now))
      // Two equal calls at once: the first one's run is that of both.
      const winner = await store.update<string, string>(requestKey(asked.request), (current) => {
        const taken = current !== undefined && current !== known ? current : id
        return { next: taken, ttl: keptFor(run, now), result: taken }
      })
      if (winner !== id) {
        await store.delete(metaKey(id))
        await store.delete(peopleKey(id))
        return (await get(winner)) ?? run
      }
      await setOpen(id, true)
      return run
    },
    async add(run) {
      const isOpen = await store.update<Run, boolean>(metaKey(run.id), (there, now) => {
        const next = there ?? { ...run, createdAt: now }
        return { next, ttl: keptFor(next, now), result: !hasEnded(next) }
      })
      if (isOpen) await setOpen(run.id, true)
    },
    get,
    inputOf: async ({ id, input }) => ({
      // Runs of earlier versions have their people with them.
      ...(input as RunInput),
      ...(await store.get<Pick<RunInput, 'people' | 'onboard'>>(peopleKey(id))),
    }),
    async list() {
      const keys = await store.keys('run/meta/')
      const runs = await Promise.all(keys.map((key) => store.get<Run>(key)))
      return runs.filter((run) => run !== undefined).sort((a, b) => a.createdAt - b.createdAt)
    },
    openIds: async () => (await store.get<string[]>(OPEN_KEY)) ?? [],
    async change(id, edit) {
      const changed = await store.update<Run, Run>(metaKey(id), (run, now) => {
        if (!run) throw noRun(id)
        const edited = edit(run, now)
        const next = hasEnded(edited) && edited.endedAt === undefined ? { ...edited, endedAt: now } : edited
        return { next, ttl: keptFor(next, now), result: next }
      })
      if (hasEnded(changed)) await setOpen(id, false)
      return changed
    },
    page: async (id, page) => (await store.get<RunRow[]>(pageKey(id, page))) ?? [],
    setPage: async (run, page, rows) =>
      store.set(pageKey(run.id, page), rows, keptFor(run, await store.now())),
    lease: (id, owner) => lease.take(leaseKey(id), owner),
    release: (id, owner) => lease.release(leaseKey(id), owner),
    now: () => store.now(),
  }
}

/** Whether the same call still means this run. What could not be planned, and what ended a day ago, is begun anew. */
const isRepeatable = ({ failed, endedAt }: Run, now: number): boolean =>
  failed === undefined && (endedAt === undefined || now - endedAt < REPEATED_MS)

export const noRun = (id: string): NotFound =>
  new NotFound(
    `There is no run ${id}.`,
    'Give the runId of an answer; `identity-mcp runs` lists those of everybody.',
  )

/** How many rows ended how, as they are told. */
export const countsOf = async (runs: RunStore, run: Run): Promise<RunCounts> =>
  run.counts ?? countRows(await shownRows(runs, run))

/** Every row of a run, as it is told. */
export async function shownRows(runs: RunStore, run: Run): Promise<RunRow[]> {
  const rows: RunRow[] = []
  for await (const row of rowsOf(runs, run)) rows.push(shownRow(row, run))
  return rows
}

/** Every row of a run, page by page. */
export async function* rowsOf(
  runs: RunStore,
  { id, pages }: Pick<Run, 'id' | 'pages'>,
): AsyncGenerator<RunRow> {
  for (let page = 0; page < pages; page++) yield* await runs.page(id, page)
}
