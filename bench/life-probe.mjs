// Loaded before the server: on SIGUSR2 it collects garbage, and appends what is left to the file LIFE_PROBE names.
import { appendFileSync } from 'node:fs'
import { memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  process.on('SIGUSR2', () => {
    collect()
    const { heapUsed, external } = memoryUsage()
    const resources = process.getActiveResourcesInfo().length
    appendFileSync(process.env.LIFE_PROBE, `${JSON.stringify({ heap: heapUsed + external, resources })}\n`)
  })
}
