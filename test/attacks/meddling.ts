import type { World } from '../support/world.ts'

type User = ReturnType<World['netskope']['user']>
type Netskope = World['netskope']

/** What somebody else does to an account while a person thinks. */
const MEDDLINGS = {
  renamed: (app: Netskope, user: User) => void app.renameUser(user.id, `was.${user.userName}`),
  'renamed, with another under the old name': (app: Netskope, user: User) => {
    const { userName } = user
    app.renameUser(user.id, `was.${userName}`)
    app.addUser({ userName, active: true, emails: [{ value: userName, primary: true }] })
  },
  'given another email': (_: Netskope, user: User) => {
    user.emails = [{ type: 'work', value: `x.${user.userName}`, primary: true }]
  },
  'given another external id': (_: Netskope, user: User) => {
    user.externalId = `somebody-else-${user.id}`
  },
  'given another name': (_: Netskope, user: User) => {
    user.name = { givenName: 'Somebody', familyName: 'Else' }
  },
  'given a second email': (_: Netskope, user: User) => {
    user.emails = [...(user.emails ?? []), { type: 'home', value: `second.${user.userName}` }]
  },
  'replaced by another under the same name': (app: Netskope, user: User) => {
    const { userName } = user
    app.removeUser(user.id)
    app.addUser({ userName, active: true, emails: [{ value: userName, primary: true }] })
  },
  'joined by a twin': (app: Netskope, user: User) =>
    void app.addUser({ userName: user.userName.toUpperCase(), active: true }),
  gone: (app: Netskope, user: User) => app.removeUser(user.id),
  'active again': (_: Netskope, user: User) => {
    user.active = true
  },
} as const
export type Meddling = keyof typeof MEDDLINGS

/** How a call must end after each of them, since what was agreed to is bound to the account as it was. */
export const MEANWHILE: readonly (readonly [Meddling, string])[] = [
  ['renamed', 'approval_void'],
  ['renamed, with another under the old name', 'ambiguous'],
  ['given another email', 'approval_void'],
  ['given another external id', 'approval_void'],
  ['given another name', 'approval_void'],
  ['given a second email', 'approval_void'],
  ['replaced by another under the same name', 'approval_void'],
  ['joined by a twin', 'ambiguous'],
  ['gone', 'not_found'],
]

export const meddle = (how: Meddling, app: Netskope, user: User): void => MEDDLINGS[how](app, user)
