import { Conflict, InvalidInput, Refused } from '../../errors.ts'
import type { AccountFields, Errand } from '../../identity/operations.ts'
import { ask, refusal, type ScimApp } from './app.ts'
import { saysDuplicate } from './classify.ts'
import { edited } from './edits.ts'
import { causeOf, notHere } from './errors.ts'
import { editsFor, schemasOf } from './fields.ts'

/** Makes an account by a single POST. Throws `Conflict` when the app says that it has such an account already. */
export async function createAccount(app: ScimApp, fields: AccountFields, errand: Errand): Promise<void> {
  const userName = fields.userName ?? fields.email
  if (!userName) {
    throw new InvalidInput('A new account needs a user name or an email.', 'Give its email.')
  }
  const edits = editsFor(app.ways, { ...fields, userName, status: fields.status ?? 'active' }, {})
  const body = edited({ schemas: schemasOf(edits) }, edits)
  const answer = await ask(app, { method: 'POST', path: '/Users', body }, errand)
  // Some apps answer 200 and have updated the one there was (snipe-it#13854); reading back shows which.
  if (answer.ok) return
  const { failure } = answer
  if (saysDuplicate(failure)) {
    throw new Conflict(
      'The app says that it has such an account already.',
      'Look it up with find_user: by user name, email and external id. It may be deactivated or hidden.',
      { cause: causeOf(failure) },
    )
  }
  // Nobody was asked for, so it is the collection that is not there, or the app that can't make anybody.
  if (failure.status === 404 && failure.form !== 'scim') throw notHere(failure)
  if (failure.status === 404) {
    throw new Refused('The app refused to make the account.', 'Make it in the console of the app.', {
      cause: causeOf(failure),
    })
  }
  throw await refusal(app, failure, { collection: 'Users', effect: 'writes' }, errand)
}
