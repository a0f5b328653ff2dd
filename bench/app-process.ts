import { startSandbox } from '../src/sandbox/index.ts'
import { makePeople } from '../src/sandbox/people.ts'
import type { AppOptions, RunningApp } from './app.ts'

const { crowd, ...options } = JSON.parse(process.argv[2] ?? '{}') as AppOptions
const people = crowd === undefined ? {} : { people: makePeople(crowd) }
const { url, settings, env, tenants } = await startSandbox({ apps: ['netskope'], ...options, ...people })
const started: RunningApp = { url, settings, env }

process.on('message', () => process.send?.(tenants['acme-netskope'].arrivals))
process.on('disconnect', () => process.exit())
process.send?.(started)
