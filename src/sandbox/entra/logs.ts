import type { EntraGroup, EntraUser } from './directory.ts'

type Row = Record<string, unknown>

/** The three logs, in the forms of learn.microsoft.com/graph/api/resources/azure-ad-auditlog-overview. */
export interface EntraLogs {
  audits: Row[]
  signIns: Row[]
  provisioning: Row[]
}

let numbered = 0
const idOf = (kind: string) => `${kind}_${String(++numbered).padStart(6, '0')}`

interface Audit {
  at: number
  action: string
  category?: string
  by?: EntraUser
  user?: EntraUser
  group?: EntraGroup
  result?: 'success' | 'failure'
}

export function audit({
  at,
  action,
  category = 'UserManagement',
  by,
  user,
  group,
  result = 'success',
}: Audit): Row {
  const ofUser = user && {
    id: user.id,
    type: 'User',
    displayName: null,
    userPrincipalName: user.userPrincipalName,
  }
  const ofGroup = group && {
    id: group.id,
    type: 'Group',
    displayName: group.displayName,
    userPrincipalName: null,
  }
  return {
    id: idOf('Directory'),
    category,
    correlationId: crypto.randomUUID(),
    result,
    resultReason: '',
    activityDisplayName: action,
    activityDateTime: new Date(at).toISOString(),
    loggedByService: 'Core Directory',
    initiatedBy: by
      ? {
          app: null,
          user: {
            id: by.id,
            displayName: null,
            userPrincipalName: by.userPrincipalName,
            ipAddress: '192.0.2.10',
          },
        }
      : { user: null, app: { appId: null, displayName: 'identity-mcp', servicePrincipalId: null } },
    targetResources: [ofUser, ofGroup].filter((one) => one !== undefined),
    additionalDetails: [],
  }
}

export const signIn = ({
  at,
  user,
  app,
  failure,
}: {
  at: number
  user: EntraUser
  app: string
  failure?: { code: number; reason: string }
}): Row => ({
  id: idOf('SignIn'),
  createdDateTime: new Date(at).toISOString(),
  userDisplayName: user.displayName,
  // The log has it in lower case.
  userPrincipalName: user.userPrincipalName.toLowerCase(),
  userId: user.id,
  appDisplayName: app,
  resourceDisplayName: app,
  ipAddress: '192.0.2.20',
  isInteractive: true,
  status: { errorCode: failure?.code ?? 0, failureReason: failure?.reason ?? null, additionalDetails: null },
})

export const provisioned = ({
  at,
  user,
  target,
  action = 'update',
  failure,
}: {
  at: number
  user: EntraUser
  target: string
  action?: string
  failure?: string
}): Row => ({
  id: idOf('Provisioning'),
  activityDateTime: new Date(at).toISOString(),
  provisioningAction: action,
  provisioningStatusInfo: {
    status: failure === undefined ? 'success' : 'failure',
    errorInformation: failure === undefined ? null : { errorCode: 'EntryConflict', reason: failure },
  },
  servicePrincipal: { id: 'sp-1', displayName: target },
  sourceSystem: { id: 'source-1', displayName: 'Microsoft Entra ID', details: {} },
  targetSystem: { id: 'target-1', displayName: target, details: {} },
  initiatedBy: { id: '', displayName: 'Azure AD Provisioning Service', initiatorType: 'system' },
  sourceIdentity: {
    id: user.id,
    displayName: user.displayName,
    identityType: 'User',
    details: { userPrincipalName: user.userPrincipalName },
  },
  targetIdentity: { id: 'in-target', displayName: user.displayName, identityType: 'User', details: {} },
})
