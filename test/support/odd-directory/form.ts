import type { CannedReply, ReceivedRequest } from '../canned.ts'

/** Somebody with an account, in words of no app. */
export interface Somebody {
  id: string
  userName: string
  email: string
  givenName?: string | undefined
  familyName?: string | undefined
  fullName?: string | undefined
  active: boolean
}

/** One change of who is in the group. */
export interface Move {
  op: 'add' | 'remove'
  id: string
}

/** What a directory shows, and how it takes changes. */
export interface Directory {
  people(): readonly Somebody[]
  /** Ids of who is in the group. */
  members(): readonly string[]
  create(asked: Somebody): CannedReply
  move(moves: readonly Move[]): CannedReply
}

/** How an app of a vendor speaks of people and of one group. */
export interface DirectoryForm {
  /** An id in the app's form, by one digit. */
  idOf(digit: number): string
  groupId: string
  /** The user name and the email are one value. */
  isOneAddress?: boolean
  /** What the app says to a name that somebody has. */
  taken: CannedReply
  /** What a new account needs besides a name. */
  needs?: Record<string, string>
  record(person: Somebody): Record<string, unknown>
  /** The reply to a creation, with this record. */
  created(record: Record<string, unknown>): CannedReply
  /** Name of the id in a record. */
  idKey: string
  answer(asked: ReceivedRequest, directory: Directory): CannedReply
}

export const GROUP = 'Sales'

/** Who bears the names of a search, whatever its fields are. */
export const namedIn = (people: readonly Somebody[], search: string): Somebody[] => {
  const text = search.toLowerCase()
  return people.filter(({ id, userName, email }) =>
    [id, userName, email].some((name) => text.includes(name.toLowerCase())),
  )
}

/** The person that a path names by id or user name. */
export const personIn = (people: readonly Somebody[], name: string): Somebody | undefined => {
  const wanted = decodeURIComponent(name).toLowerCase()
  return people.find(({ id, userName }) => [id, userName].some((own) => own.toLowerCase() === wanted))
}

/** Those of the people who are in the group. */
export const inside = ({ people, members }: Directory): Somebody[] =>
  people().filter(({ id }) => members().includes(id))
