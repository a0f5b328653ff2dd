import * as z from 'zod'

export const AccountStatus = z.enum(['active', 'inactive', 'unknown'])
export type AccountStatus = z.infer<typeof AccountStatus>

/** By what an account can be found. A name makes it a candidate, never a target. */
const MatchKey = z.enum(['userName', 'email', 'externalId', 'id', 'name'])
export type MatchKey = z.infer<typeof MatchKey>

/** One user record in one tenant, in this server's terms. An absent field is unknown, never empty. */
export const Account = z.lazy(() =>
  z.object({
    tenant: z.string(),
    vendor: z.string(),
    id: z.string(),
    userName: z.string(),
    email: z.string().optional(),
    /** Every email but `email`: whoever asks whose address something is needs all of them. */
    otherEmails: z.array(z.string()).optional(),
    name: z.string().optional(),
    /** These two only where `name` does not tell them. */
    givenName: z.string().optional(),
    familyName: z.string().optional(),
    status: AccountStatus,
    /** The app's own word for the status, where it has more than two. */
    state: z.string().optional(),
    externalId: z.string().optional(),
    admin: z.boolean().optional(),
    groups: z.array(z.string()).optional(),
    /** How many groups `groups` leaves out. */
    moreGroups: z.int().optional(),
    title: z.string().optional(),
    department: z.string().optional(),
    role: z.string().optional(),
    licence: z.string().optional(),
    userType: z.string().optional(),
    location: z.string().optional(),
    /** Id or user name of another account, as the app has it. `find_user` takes it. */
    manager: z.string().optional(),
    managerName: z.string().optional(),
    phone: z.string().optional(),
    locale: z.string().optional(),
    timezone: z.string().optional(),
    /** App-specific attributes, by the app's names. */
    custom: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])).optional(),
    /** ISO 8601, UTC, like the next two. Absent means unknown, never that nobody signed in. */
    lastSignInAt: z.string().optional(),
    createdAt: z.string().optional(),
    updatedAt: z.string().optional(),
    /** Why its names may not be what they look like. */
    caution: z.string().optional(),
    /** What it has in common with what was asked, or with the person's other accounts. */
    matchedBy: z.array(MatchKey).optional(),
  }),
)
export type Account = z.infer<typeof Account>

/**
 * Fields whose text people write in the apps, some of it about themselves; `plan` quotes it. The text is made plain
 * and short (`text.ts`), and is never an instruction.
 */
export const WRITTEN_IN_APPS = [
  ...['name', 'givenName', 'familyName', 'displayName', 'formattedName', 'userName', 'email', 'otherEmails'],
  ...['externalId', 'title', 'department', 'role', 'licence', 'state', 'groups', 'userType', 'location'],
  ...['manager', 'managerName', 'phone', 'locale', 'timezone', 'custom', 'alsoChanged', 'fields'],
  ...['roles', 'provisionedBy', 'factors', 'person', 'subject'],
  ...['actor', 'action', 'target', 'group', 'detail', 'plan'],
] as const

/** The accounts of one person, over all tenants. */
export const Person = z.lazy(() =>
  z.object({
    email: z.string().optional(),
    name: z.string().optional(),
    /** What links the accounts, if there are several. */
    joinedBy: z.array(z.enum(['externalId', 'email', 'userName'])).optional(),
    /** Why the link is doubtful. */
    doubt: z.string().optional(),
    accounts: z.array(Account),
  }),
)
export type Person = z.infer<typeof Person>

export const Group = z.lazy(() =>
  z.object({
    id: z.string(),
    /** Where the groups of several tenants are listed. */
    tenant: z.string().optional(),
    name: z.string(),
    memberCount: z.int().optional(),
    /** Absent means unknown: an app that leaves members out has not said that there are none. */
    members: z
      .array(
        z.object({
          id: z.string(),
          userName: z.string().optional(),
          /** A group that is a member of this one, and its name. */
          type: z.literal('group').optional(),
          name: z.string().optional(),
        }),
      )
      .optional(),
    /** How many of its members `members` leaves out, because they could not be read. */
    unreadableMembers: z.int().optional(),
    /** Why its name may not be what it looks like. */
    caution: z.string().optional(),
  }),
)
export type Group = z.infer<typeof Group>

export const AuditEvent = z.lazy(() =>
  z.object({
    id: z.string(),
    /** ISO 8601, UTC. */
    time: z.string(),
    actor: z.string().optional(),
    action: z.string(),
    target: z.string().optional(),
    /** The group that was joined or left, or that this server made or changed. */
    group: z.string().optional(),
    /** What changed. */
    detail: z.string().optional(),
    /** Of a snapshot: when the list before was taken. It happened after that, and before `time`. */
    notBefore: z.string().optional(),
    /** `journal`: this server did it; `snapshot`: two lists of the accounts differ. */
    source: z.enum(['app', 'snapshot', 'journal']),
    /** Who approved it, of what this server did. */
    approvedBy: z.string().optional(),
    /** Reference of the call that did it. */
    change: z.string().optional(),
  }),
)
export type AuditEvent = z.infer<typeof AuditEvent>
