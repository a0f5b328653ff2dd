/**
 * Departures that a fault alone, which stands around a request, could not bring about: the service itself must know of
 * them. Each is the name of the fault that turns it on.
 */
const QUIRKS = [
  'active-ignored',
  'create-not-kept',
  'create-upsert',
  'deactivation-deletes',
  'delete-deactivates',
  'inactive-unlisted',
  'lower-cases',
  'member-add-drops',
  'owner-protected',
  'patch-no-op-refused',
  'patch-path-ignored',
] as const
export type Quirk = (typeof QUIRKS)[number]
