import { Secret } from '../../secret.ts'
import { type Act, ask } from './act.ts'
import { BothWrong } from './answers.ts'

export const swappedTokens: Act = {
  title: 'A token in the wrong place',
  about:
    'The server authenticates at an app with a token, a kind of password. Netskope has two: one for accounts and ' +
    'one for the log. They are easy to mix up, and then the app only answers "403". Here is a second server with ' +
    'the two swapped in its settings.',

  async run({ home, makeHome, connect }, screen) {
    const { sandbox } = home
    const { scim, rest } = sandbox.tenants['acme-netskope'].tokens
    const tenant = sandbox.settings.tenants['acme-netskope']
    const swapped = makeHome('swapped', sandbox, {
      tenants: {
        'acme-netskope': { ...tenant, tokens: { scim: tenant.tokens.rest, rest: tenant.tokens.scim } },
      },
      // The same data: it has the budget that is left of each token.
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
      checks.map(({ fingerprint }) => fingerprint).join() ===
        [rest, scim].map(({ value }) => fingerprintOf(value)).join(),
      'Right: the two tokens are swapped.',
      checks,
    )
    screen.check(
      [scim, rest].every(({ value }) => !JSON.stringify(checks).includes(value)),
      'The answer contains neither token, only their fingerprints.',
      'an answer with a token in it',
    )
  },
}

const fingerprintOf = (token: string) => new Secret(token).fingerprint
