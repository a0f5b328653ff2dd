import { givenBack, leaver, leavers, married, mover, superAdmin, suspended } from './changes.ts'
import { firedAdmin, idleContractors, newHire, reset, sameGroups } from './gaps.ts'
import {
  backInOne,
  calledOff,
  doneToday,
  forgotten,
  howMany,
  newTeam,
  oneOfMany,
  outOfTheProject,
  projectGroup,
  wholeTeam,
} from './more.ts'
import {
  allAdmins,
  brokenIntegration,
  cannotSignIn,
  fullLicences,
  goneAtTheSource,
  newAdmins,
  whatDoesShe,
  whoDidThat,
} from './reads.ts'
import type { HelpdeskRequest } from './request.ts'

/** Thirty requests of a helpdesk, in the order in which they are made. */
export const requests: readonly HelpdeskRequest[] = [
  leaver,
  cannotSignIn,
  newAdmins,
  newHire,
  sameGroups,
  brokenIntegration,
  leavers,
  goneAtTheSource,
  allAdmins,
  fullLicences,
  married,
  mover,
  whoDidThat,
  givenBack,
  suspended,
  superAdmin,
  firedAdmin,
  reset,
  whatDoesShe,
  idleContractors,
  newTeam,
  howMany,
  backInOne,
  forgotten,
  oneOfMany,
  projectGroup,
  outOfTheProject,
  calledOff,
  wholeTeam,
  doneToday,
]
