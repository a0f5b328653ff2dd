/** What people are looked up by, and groups. */
export const FILTER_FIELDS = ['userName', 'email', 'externalId', 'status', 'groupName'] as const
export type FilterField = (typeof FILTER_FIELDS)[number]

export const HIDDEN = {
  notProvisioned: 'people who were not provisioned over SCIM',
  guests: 'guests',
  inactive: 'inactive users, in its lists',
} as const
export type Hidden = keyof typeof HIDDEN

/** How an app behaves where RFC 7643 and RFC 7644 leave it open, or it does not follow them. */
export interface AppBehaviour {
  /** How the app spells an attribute in a filter; `false` if it does not filter by it. */
  filters?: Partial<Record<FilterField, string | false>> | undefined
  /** Whether filters can be joined with `or` and `and`; default: tested. */
  joinsFilters?: boolean | undefined
  hides?: readonly Hidden[] | undefined
  takes?:
    | {
        /** The fields of an account that the app has; default: all. */
        fields?: readonly string[] | undefined
        /** Those of them that can be changed later; default: all. */
        changes?: readonly string[] | undefined
        membersPerPatch?: number | undefined
        operationsPerPatch?: number | undefined
      }
    | undefined
  /** What a new account must have; default: what the app's `/Schemas` say. */
  createNeeds?: readonly string[] | undefined
  deactivateBy?: 'active' | 'delete' | 'none' | undefined
}

/** Whom the app hides, in words; undefined if nobody is known to be hidden. */
export const hiddenText = ({ hides = [] }: Pick<AppBehaviour, 'hides'>): string | undefined =>
  hides.length > 0 ? hides.map((one) => HIDDEN[one]).join('; ') : undefined
