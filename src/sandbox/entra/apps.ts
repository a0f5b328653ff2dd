import type { Incoming, Reply, Route } from '../http-types.ts'
import { uuidOf } from '../people.ts'
import type { EntraApp, EntraRecords } from './directory.ts'
import { notFound, Refusal } from './graph-error.ts'
import { listReply } from './lists.ts'

const PAGES = { pageSize: 100, largest: 999 }

/** Apps, to whom they are assigned, and their provisioning jobs; paths are below `/v1.0`. */
export function appRoutes({ users, groups, apps }: EntraRecords): Route[] {
  const get = (path: string, run: (incoming: Incoming, id: string) => Reply): Route => ({
    method: 'GET',
    path,
    run,
  })
  const kindOf = (id: string) => (groups.some((group) => group.id === id) ? 'Group' : 'User')
  const row = ({ id, displayName }: EntraApp, principalId: string) => ({
    id: uuidOf(`assignment ${id} ${principalId}`),
    appRoleId: '00000000-0000-0000-0000-000000000000',
    principalId,
    principalType: kindOf(principalId),
    resourceId: id,
    resourceDisplayName: displayName,
  })
  return [
    // Also those of groups that the user is in itself, though not of groups around them.
    get('/users/:id/appRoleAssignments', (incoming, name) => {
      const user = users.find(({ id, userPrincipalName }) => id === name || userPrincipalName === name)
      if (!user) throw new Refusal(notFound(name))
      const principals = [
        user.id,
        ...groups.filter(({ members }) => members.includes(user.id)).map(({ id }) => id),
      ]
      const rows = apps.flatMap((app) =>
        app.assigned.filter((id) => principals.includes(id)).map((id) => row(app, id)),
      )
      return listReply(rows, incoming, PAGES)
    }),
    get('/servicePrincipals/:id/synchronization/jobs', (incoming, id) => {
      const app = apps.find((one) => one.id === id)
      if (!app) throw new Refusal(notFound(id))
      const jobs = app.jobs.map((code, index) => ({
        id: `scim.${index}.${id}`,
        templateId: 'scim',
        schedule: { interval: 'PT40M', state: code === 'Paused' ? 'Paused' : 'Active' },
        status: { code },
      }))
      return listReply(jobs, incoming, PAGES)
    }),
  ]
}
