import type { ChangeName } from './change.ts'

/** What a person weighs before agreeing to a plan, as data: as the apps showed it when the plan was made. */
export interface Briefing {
  changes: BriefedChange[]
  /** The other tenants, asked for the same person; absent where a plan concerns several people. */
  elsewhere?: { active: Place[]; unknown: Place[] }
}

export interface Place {
  tenant: string
  /** As people call the app. */
  app: string
}

export interface BriefedChange extends Place {
  operation: ChangeName
  /** The group that is made, or whose members change, and whose word its name is. */
  group?: { name: string; from: 'app' | 'agent' }
  accounts: BriefedAccount[]
  /** Whether it gives or takes power over others. */
  power?: true
  /** Whether it can be taken back; absent where nobody knows. */
  reversible?: boolean
}

/** One account, in the app's words but for `alters`; what is absent is not known. */
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
  /** What goes with the access; absent where nothing does. */
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
  /** As the app tells it; absent where it does not. */
  before?: string
  after: string
  /** Who chose `after`: the agent in its arguments, or this server in the words it has for a state. */
  from: 'agent' | 'server'
}
