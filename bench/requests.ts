import {
  CONNECTION_NAMES,
  type ConnectionName,
  goalOf,
  requestsOf,
  requestsToList,
  TASK_NAMES,
} from '../test/support/everyday.ts'
import { type BenchRow, exactly, type Part } from './rows.ts'

const EVERYBODY = 10_000
/** Pages of 1,000, and what finds out how the tenant is asked. */
const LISTING: readonly (readonly [ConnectionName, number])[] = [
  ['Gainsight SCIM', 11],
  ['Gainsight REST services', 11],
  ['Gainsight REST users', 12],
]

export const requests: Part = async () => {
  const rows: BenchRow[] = []
  for (const name of CONNECTION_NAMES) {
    const spent = await requestsOf(name)
    for (const task of TASK_NAMES) {
      const [methods, goal] = [spent[task], goalOf(task, name)]
      if (!methods || goal === undefined) continue
      rows.push(exactly(`${name}: ${task} (${inShort(methods)})`, methods.length, goal))
    }
  }
  for (const [name, goal] of LISTING) {
    const { listed, requests } = await requestsToList(name, EVERYBODY)
    rows.push(exactly(`${name}: list ${listed.toLocaleString('en')} users, 200 a call`, requests, goal))
  }
  return {
    title: 'Requests that a task spends',
    how:
      'Counted at the app; the tasks of an app run in this order on a server that is new to it. The methods are in order. ' +
      'Gainsight REST users cannot search: the first look-up of ten minutes reads the list, three pages here, as of 2,500 ' +
      'users, and a later one the first page, which has the person, or one record more.',
    rows,
  }
}

/** `GET, PATCH, 2 GET` */
function inShort(methods: readonly string[]): string {
  const runs: { method: string; times: number }[] = []
  for (const method of methods) {
    const last = runs.at(-1)
    if (last?.method === method) last.times++
    else runs.push({ method, times: 1 })
  }
  return runs.map(({ method, times }) => (times > 1 ? `${times} ${method}` : method)).join(', ')
}
