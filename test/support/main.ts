import { join } from 'node:path'

/** The built program. */
export const MAIN = join(import.meta.dirname, '../../dist/main.js')
