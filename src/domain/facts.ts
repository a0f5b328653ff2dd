/** How an app behaves, whatever its settings; plans and notes are built from it. */
export interface Facts {
  deactivate: 'reversible' | 'deletes' | 'unknown'
  delete: 'hard' | 'soft' | 'deactivates' | 'unlinks' | 'unknown'
  endsSessions: 'yes' | 'no' | 'unknown'
  audit: 'none' | 'administrators' | 'users'
  /** Minutes until a change is enforced everywhere. */
  propagationMinutes?: number
  /** What custom attributes are in the app's schema, by their names here. */
  attributes?: Readonly<Record<string, string>>
}
