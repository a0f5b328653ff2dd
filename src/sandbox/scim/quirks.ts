/**
 * Deviations that the service itself must implement: a fault, which only wraps a request, cannot. Each has the name of
 * the fault that turns it on.
 */
const QUIRKS = [
  'active-ignored',
  'create-not-kept',
  'create-upsert',
  'deactivation-deletes',
  'deactivation-renames',
  'delete-deactivates',
  'inactive-unlisted',
  'lower-cases',
  'member-add-drops',
  'members-one-by-one',
  'owner-protected',
  'patch-no-op-refused',
  'patch-path-ignored',
  'patch-replaces-objects',
  'title-lost',
] as const
export type Quirk = (typeof QUIRKS)[number]
