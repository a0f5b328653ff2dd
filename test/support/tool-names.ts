/** The tools of each group, as they are listed where no tenant deletes or ends sessions. */
export const READING = [
  'list_tenants',
  'find_user',
  'list_users',
  'list_groups',
  'compare_users',
  'check_token',
  'explain_access',
  'get_run',
]
export const AUDITING = ['pull_audit', 'list_changes']
export const WRITING = [
  'create_user',
  'update_user',
  'onboard',
  'create_group',
  'update_group_members',
  'reactivate_user',
  'cancel_run',
]
export const REMOVING = ['deactivate_user', 'offboard', 'deactivate_users', 'undo_change']
