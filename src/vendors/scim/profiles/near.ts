import { nearNames } from '../../../text/near.ts'
import { APPS } from './apps.ts'

/** The apps whose names are most like this one; can be none. */
export const nearApps = (name: string): string[] => nearNames(name, APPS)
