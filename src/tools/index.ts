import type { Tool } from '../engine/tool.ts'
import cancelRun from './cancel-run.ts'
import checkToken from './check-token.ts'
import compareUsers from './compare-users.ts'
import createGroup from './create-group.ts'
import createUser from './create-user.ts'
import deactivateUser from './deactivate-user.ts'
import deactivateUsers from './deactivate-users.ts'
import deleteUser from './delete-user.ts'
import endSessions from './end-sessions.ts'
import explainAccess from './explain-access.ts'
import findUser from './find-user.ts'
import getRun from './get-run.ts'
import listChanges from './list-changes.ts'
import listGroups from './list-groups.ts'
import listTenants from './list-tenants.ts'
import listUsers from './list-users.ts'
import offboard from './offboard.ts'
import onboard from './onboard.ts'
import pullAudit from './pull-audit.ts'
import reactivateUser from './reactivate-user.ts'
import undoChange from './undo-change.ts'
import updateGroupMembers from './update-group-members.ts'
import updateUser from './update-user.ts'

/** All tools, in the order in which agents see them. */
export const tools: readonly Tool[] = [
  listTenants,
  findUser,
  listUsers,
  listGroups,
  compareUsers,
  pullAudit,
  listChanges,
  explainAccess,
  checkToken,
  createUser,
  updateUser,
  onboard,
  createGroup,
  updateGroupMembers,
  deactivateUser,
  endSessions,
  offboard,
  deactivateUsers,
  getRun,
  cancelRun,
  reactivateUser,
  deleteUser,
  undoChange,
]
