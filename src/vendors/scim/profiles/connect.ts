import type { ConnectField, ConnectWay } from '../../define.ts'
import type { AppName } from './apps.ts'
import { blanksIn } from './fill-in.ts'
import { profileOf, settingsOf } from './index.ts'

const address = (made: string): ConnectField => ({
  at: 'url',
  form: 'address',
  ask: 'SCIM address of the app, such as https://api.example.com/scim/v2',
  made,
})

/** The way to connect an app that is not known by name. */
export const connect: readonly ConnectWay[] = [
  {
    title: 'SCIM token',
    fields: [
      address('In the app’s console, usually next to single sign-on.'),
      {
        at: 'tokens.scim',
        form: 'secret',
        ask: 'SCIM token',
        made: 'In the app’s console, for SCIM provisioning, with permission to read and change users and groups.',
      },
    ],
  },
]

/** The way to connect an app that is known by name. */
export function connectApp(app: AppName): readonly ConnectWay[] {
  const profile = profileOf(app)
  const { title, url, tokenUrl, grant, tokenMade, caveats } = settingsOf(profile)
  const blanks = [...new Set([url, tokenUrl].flatMap((one) => (one === undefined ? [] : blanksIn(one))))]
  const made = [tokenMade ?? `In the console of ${title}, for SCIM provisioning.`, caveats?.token]
    .filter((text) => text)
    .join(' ')
  const place: ConnectField[] = [
    ...(url === undefined ? [address(`The console of ${title} shows it.`)] : []),
    ...blanks.map((blank): ConnectField => {
      const name = blank.slice(1, -1)
      return {
        at: `at.${name}`,
        form: 'text',
        ask: `${name}: ${profile.at?.[name] ?? 'part of the address'}`,
      }
    }),
  ]
  if (!grant) {
    const token: ConnectField = { at: 'tokens.scim', form: 'secret', ask: `Token of ${title}`, made }
    return [{ title: 'SCIM token', fields: [...place, token] }]
  }
  return [
    {
      title: 'Client id and secret',
      fields: [
        ...place,
        { at: 'clientId', form: 'text', ask: `Client id at ${title}`, made },
        ...(grant === 'account_credentials'
          ? [{ at: 'accountId', form: 'text', ask: `Account id at ${title}` } as const]
          : []),
        { at: 'tokens.clientSecret', form: 'secret', ask: `Client secret at ${title}` },
      ],
    },
  ]
}
