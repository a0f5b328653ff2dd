import { Secret } from '../../secret.ts'
import { type Act, ask } from './act.ts'
import { BothWrong } from './answers.ts'

export const swappedTokens: Act = {
  title: 'A token in the wrong place',
  about:
    'To be let in, the server shows the app a token, a kind of password: at Netskope one for accounts and one for ' +
    'the log. To mix them up is easy, and all that the app then says is "403". Here is a second server, in whose ' +
    'settings the two have changed places.',

  async run({ home, makeHome, connect }, screen) {
    const { sandbox } = home
    const { scim, rest } = sandbox.tokens
    const tenant = sandbox.settings.tenants['acme-netskope']
    const swapped = makeHome('swapped', sandbox, {
      tenants: {
        'acme-netskope': { ...tenant, tokens: { scim: tenant.tokens.rest, rest: tenant.tokens.scim } },
      },
      // The same data, where it is known what each token may still spend.
      dataDir: '../home/data',
    })
    const agent = await connect(swapped, 'helpdesk-agent')
    const { checks } = await ask(screen, agent, 'check_token', { tenant: 'acme-netskope' }, BothWrong)
    for (const { token, fingerprint, verdict, surfaces } of checks) {
      const opened = (wanted: boolean) =>
        surfaces.flatMap(({ surface, ok }) => (ok === wanted ? surface : [])).join(', ')
      screen.by(
        'server says',
        `the token in "${token}", fingerprint ${fingerprint}: ${verdict}`,
        `opens ${opened(true)}; does not open ${opened(false)}`,
      )
      screen.by('what to do', ...new Set(surfaces.flatMap(({ hint = [] }) => hint)))
    }
    screen.check(
      checks.map(({ fingerprint }) => fingerprint).join() === [rest, scim].map(fingerprintOf).join(),
      'Right: each of the two tokens is in the place of the other.',
      checks,
    )
    screen.check(
      [scim, rest].every((token) => !JSON.stringify(checks).includes(token)),
      'The answer holds neither token, only fingerprints to tell them apart.',
      'an answer with a token in it',
    )
  },
}

const fingerprintOf = (token: string) => new Secret(token).fingerprint
