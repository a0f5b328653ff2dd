import type { Arrival } from '../../sandbox/index.ts'
import { ADA } from './act.ts'
import type { Company } from './world.ts'

/** A change that reached an app, in words. */
interface SeenWrite {
  tenant: string
  at: number
  what: 'sessions ended' | 'account switched off'
}

const wordsFor = ({ method, path }: Arrival): SeenWrite['what'] =>
  method === 'DELETE' && path.endsWith('/sessions') ? 'sessions ended' : 'account switched off'

/** Every change that reached an app of the company, in order. */
export const writesOf = ({ tenants }: Company): SeenWrite[] =>
  Object.entries(tenants)
    .flatMap(([tenant, { writes }]) => writes.map((one) => ({ tenant, at: one.at, what: wordsFor(one) })))
    .sort((a, b) => a.at - b.at)

/** The apps in which Ada's account is active. */
export const activeIn = ({ tenants }: Company): string[] =>
  Object.entries(tenants).flatMap(([tenant, app]) => (app.user(ADA).active === false ? [] : tenant))
