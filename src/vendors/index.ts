import type { Vendor } from './define.ts'
import netskope from './netskope.ts'

export const vendors: readonly Vendor[] = [netskope]
