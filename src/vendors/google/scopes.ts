/**
 * What each right of the service account is for (developers.google.com/workspace/admin/directory/v1/guides/authorizing),
 * and the privilege of the Admin console without which the administrator it acts for cannot use it
 * (support.google.com/a/answer/1219251).
 */
export const SCOPES = {
  'admin.directory.user.readonly': 'Admin API privileges > Users > Read',
  'admin.directory.user': 'Admin API privileges > Users > Update, and Create for new ones',
  'admin.directory.domain.readonly': 'Domain Settings',
  'admin.directory.group.readonly': 'Admin API privileges > Groups > Read',
  'admin.directory.group.member': 'Admin API privileges > Groups > Update',
  'admin.directory.rolemanagement.readonly': 'Super Admin',
  'admin.directory.user.security': 'Admin API privileges > User Security Management',
  'admin.reports.audit.readonly': 'Reports',
} as const satisfies Record<string, string>

export type Scope = keyof typeof SCOPES

/** The scope as it is asked for, and as it is typed into the Admin console. */
export const scopeUrl = (scope: Scope): string => `https://www.googleapis.com/auth/${scope}`
