import { join } from 'node:path'

/** The program as it is built. */
export const MAIN = join(import.meta.dirname, '../../dist/main.js')
