// @module-tag long

import { describe } from 'vitest'
import { startEntra } from '../../src/sandbox/entra.ts'
import { type GainsightOptions, startGainsight } from '../../src/sandbox/gainsight.ts'
import { startGoogle } from '../../src/sandbox/google.ts'
import { startMindtickle } from '../../src/sandbox/mindtickle.ts'
import { startNetskope } from '../../src/sandbox/netskope.ts'
import { startOkta } from '../../src/sandbox/okta.ts'
import type { Person } from '../../src/sandbox/people.ts'
import { type ScimApp, startScimApp } from '../../src/sandbox/scim-app.ts'
import { AWS_LIKE, ENTRA_LIKE } from '../../src/sandbox/scim-likes.ts'
import { asScimTenant } from '../support/entra-as-scim.ts'
import { type CaseName, LIN, type Started, type Subject, vendorContract } from './contract.ts'

const inNoSuchPlace = ({ settings: { url } }: Started) => ({ url: `${url}/nowhere` })

const gainsight =
  (slot: 'scim' | 'accessKey', options: GainsightOptions = {}) =>
  async (people: readonly Person[]): Promise<Started> => {
    const app = await startGainsight({ ...options, people })
    const { scim, accessKey } = app.tokens
    const [right, wrong] = slot === 'scim' ? [scim, accessKey] : [accessKey, scim]
    return {
      app,
      settings: { url: app.url },
      tokens: { [slot]: right.value },
      misplaced: { [slot]: wrong.value },
    }
  }

function fetchedAt({ oauth }: ScimApp) {
  if (!oauth) throw new TypeError('no tokens are fetched here')
  return oauth
}

/** The REST API of Gainsight knows neither groups nor PATCH. */
const REST_LACKS: readonly CaseName[] = [
  'goes through all groups once, and tells who is in one',
  'puts somebody in a group and takes them out, leaving everybody else in it',
  'makes a group with its members by one write, and no second one',
  'makes a group once, though the reply is lost',
  'falls back where PATCH is refused with 405, and loses nothing',
  'falls back where PATCH is refused with 501, and loses nothing',
]

const subjects: readonly Subject[] = [
  {
    name: 'Netskope',
    vendor: 'netskope',
    async start(people) {
      const app = await startNetskope({ people, events: 1 })
      const { scim, rest } = app.tokens
      return {
        app,
        settings: { url: app.url },
        tokens: { scim: scim.value },
        misplaced: { scim: rest.value },
      }
    },
    elsewhere: () => ({ scimBasePath: '/api/v2/nowhere' }),
    misplaced: 'wrong_token',
    lacks: [],
  },
  {
    name: 'Gainsight by SCIM',
    vendor: 'gainsight',
    start: gainsight('scim'),
    elsewhere: () => ({ scimBasePath: '/nowhere/scim' }),
    lacks: [],
  },
  {
    name: 'Gainsight by REST, users',
    vendor: 'gainsight',
    // What is left out of a PUT is lost.
    start: gainsight('accessKey', { restDialects: ['users'], putUpdates: 'full' }),
    newcomer: { role: 'CSM' },
    elsewhere: () => ({ restDialect: 'services' }),
    // The email is the user name.
    lacks: [...REST_LACKS, 'finds by user name'],
  },
  {
    name: 'Gainsight by REST, services',
    vendor: 'gainsight',
    start: gainsight('accessKey'),
    elsewhere: () => ({ restDialect: 'users' }),
    // A search that finds nobody proves that only once it was tested.
    gone: 'bad_reply',
    // Users have no external id.
    lacks: [...REST_LACKS, 'finds by external id'],
  },
  {
    name: 'Mindtickle',
    vendor: 'mindtickle',
    async start(people) {
      const app = await startMindtickle({ people, groups: true })
      return { app, settings: { url: app.scimUrl }, tokens: { scim: app.tokens.scim.value } }
    },
    elsewhere: inNoSuchPlace,
    lacks: ['says of a token of another kind what it is'],
  },
  {
    name: 'Any SCIM 2.0 app',
    vendor: 'scim',
    async start(people) {
      const app = await startScimApp({ people })
      return { app, settings: { url: app.scimUrl }, tokens: { scim: app.tokens.scim.value } }
    },
    elsewhere: inNoSuchPlace,
    lacks: ['says of a token of another kind what it is'],
  },
  {
    name: 'A service like that of Microsoft Entra ID, with no settings of its own but the token endpoint',
    vendor: 'scim',
    async start(people) {
      const app = await startScimApp({ people, ...ENTRA_LIKE })
      const { tokenUrl, clientId, clientSecret } = fetchedAt(app)
      return {
        app,
        settings: { url: app.scimUrl, tokenUrl, clientId, clientAuth: 'body' },
        tokens: { clientSecret },
      }
    },
    elsewhere: inNoSuchPlace,
    lacks: ['says of a token of another kind what it is'],
  },
  {
    name: 'A service like that of AWS IAM Identity Center, with no settings of its own',
    vendor: 'scim',
    async start(people) {
      const app = await startScimApp({ people, ...AWS_LIKE })
      return { app, settings: { url: app.scimUrl }, tokens: { scim: app.tokens.scim.value } }
    },
    elsewhere: inNoSuchPlace,
    lacks: [
      'says of a token of another kind what it is',
      // Groups are shown without their members.
      'goes through all groups once, and tells who is in one',
      'makes a group with its members by one write, and no second one',
    ],
  },
  {
    name: 'Okta',
    vendor: 'okta',
    async start(people) {
      const app = await startOkta({ people })
      // The cases that are not lacking use only the faults of any app over HTTP.
      const shared = app as unknown as Started['app']
      return { app: shared, settings: { url: app.url }, tokens: { api: app.tokens.api.value } }
    },
    elsewhere: inNoSuchPlace,
    lacks: [
      // The address has no path that could be another one.
      'says of an address where nobody serves the app that it is wrong',
      'says of a token of another kind what it is',
      // Members are put into a new group one by one, and groups have no external id.
      'makes a group with its members by one write, and no second one',
      // Changes are POST and PUT.
      'falls back where PATCH is refused with 405, and loses nothing',
      'falls back where PATCH is refused with 501, and loses nothing',
    ],
  },
  {
    name: 'Microsoft Entra ID',
    vendor: 'entra',
    async start(people) {
      const app = await startEntra({ people })
      const { url, directory, registration } = app
      return {
        app: asScimTenant(app),
        settings: { url, loginUrl: url, directory, clientId: registration.clientId },
        tokens: { clientSecret: registration.clientSecret },
      }
    },
    elsewhere: inNoSuchPlace,
    lacks: [
      // The address has no path that could be another one.
      'says of an address where nobody serves the app that it is wrong',
      'says of a token of another kind what it is',
      // Groups are not made here.
      'makes a group with its members by one write, and no second one',
      'makes a group once, though the reply is lost',
      // Graph has no other way to change a user.
      'falls back where PATCH is refused with 405, and loses nothing',
      'falls back where PATCH is refused with 501, and loses nothing',
    ],
  },
  {
    name: 'Google Workspace',
    vendor: 'google',
    async start(people) {
      const app = await startGoogle({ people })
      // The primary address is the user name.
      const user = (name: string) => app.user(name === LIN.userName ? LIN.email : name)
      // What is tried is the API, never the token endpoint.
      const set: Started['app']['faults']['set'] = (faults) =>
        app.faults.set(
          faults.map((fault) => ({
            path: '/admin/',
            ...((typeof fault === 'string' ? { fault } : fault) as { fault: 'hang' }),
          })),
        )
      return {
        app: Object.assign(Object.create(app), { user, faults: { set } }) as Started['app'],
        settings: { url: app.url, tokenUrl: app.tokenUrl, domain: app.domain, admin: app.admin },
        tokens: { serviceAccount: app.tokens.serviceAccount.value },
      }
    },
    elsewhere: inNoSuchPlace,
    lacks: [
      // A token is fetched; a key file of another kind is refused with the settings.
      'says of 401 that it is unauthorized',
      'says of a token of another kind what it is',
      // The address has no path that could be another one.
      'says of an address where nobody serves the app that it is wrong',
      // An address belongs to one account.
      'finds two where two are meant',
      // No group is created.
      'makes a group with its members by one write, and no second one',
      'makes a group once, though the reply is lost',
      // There is no other form of a change.
      'falls back where PATCH is refused with 405, and loses nothing',
      'falls back where PATCH is refused with 501, and loses nothing',
    ],
  },
]

describe.concurrent.each(subjects)('$name keeps the vendor contract', (subject) => vendorContract(subject))
