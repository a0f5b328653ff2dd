import type { ChangeName } from './change.ts'

/** A sentence in which the text of apps and agents is told apart. */
export type Words = readonly (string | { theirs: string })[]

/** What a person weighs before agreeing to a plan, as the apps showed it when the plan was made. */
export interface Briefing {
  changes: BriefedChange[]
  /** What a run is to do; it has no changes of its own, and the plan names everybody. */
  run?: BriefedRun
  /** The same person in the other tenants; absent if a plan concerns several people. */
  elsewhere?: { active: Place[]; unknown: Place[] }
}

export interface BriefedRun {
  id: string
  people: number
  /** Whom it concerns, as asked for, if it is one person. */
  person?: string
  accounts: number
  /** What it does to them. */
  operations: readonly ChangeName[]
  places: (Place & { accounts: number; administrators: number; reversible?: boolean })[]
}

export interface Place {
  tenant: string
  /** Display name of the app. */
  app: string
}

export interface BriefedChange extends Place {
  operation: ChangeName
  /** The group that is created or whose members change, and who named it. */
  group?: { name: string; from: 'app' | 'agent' }
  accounts: BriefedAccount[]
  /** Whether it grants or removes privileges. */
  power?: true
  /** Whether it can be undone; absent if not known. */
  reversible?: boolean
}

/** One account as the app shows it, except `alters`; an absent field is not known. */
export interface BriefedAccount {
  userName: string
  id?: string
  name?: string
  email?: string
  title?: string
  department?: string
  admin?: boolean
  externalId?: string
  alters: Alteration[]
  /** What is lost with the access; absent if nothing is. */
  loses?: { groups?: Counted; licence?: string }
}

/** The first of a list, and how long it is. */
export interface Counted {
  first: string[]
  of: number
}

/** One value that a change sets. */
export interface Alteration {
  what: string
  /** As the app shows it; absent if it does not. */
  before?: string
  after: string
  /** Who chose `after`: the agent in its arguments, or this server in its words for a state. */
  from: 'agent' | 'server'
}
