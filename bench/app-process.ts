import { startSandbox } from '../src/sandbox/index.ts'
import type { Started } from './app.ts'

const { url, settings, env, tenants } = await startSandbox(JSON.parse(process.argv[2] ?? '{}'))
const started: Started = { url, settings, env }

process.on('message', () => process.send?.(tenants['acme-netskope'].arrivals))
process.on('disconnect', () => process.exit())
process.send?.(started)
