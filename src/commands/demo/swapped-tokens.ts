import { Secret } from '../../secret.ts'
import { type Act, ask } from './act.ts'
import { BothWrong } from './answers.ts'

export const swappedTokens: Act = {
  title: 'A token in the wrong place',
  about:
    'Netskope wants two tokens, one for accounts and one for the audit log. To mix them up is easy and the app only ' +
    'answers "403" then. Here is a server whose settings have the two exchanged.',

  async run({ home, makeHome, connect }, screen) {
    const { sandbox } = home
    const { scim, rest } = sandbox.tokens
    const tenant = sandbox.settings.tenants['acme-netskope']
    const tokens = { scim: tenant.tokens.rest, rest: tenant.tokens.scim }
    const swapped = makeHome('swapped', sandbox, {
      tenants: { 'acme-netskope': { ...tenant, tokens } },
      // The same data: what the tokens may still spend is known there.
      dataDir: '../home/data',
    })
    const agent = await connect(swapped, 'helpdesk-agent')
    const { checks } = await ask(screen, agent, 'check_token', { tenant: 'acme-netskope' }, BothWrong)
    for (const { token, fingerprint, verdict, surfaces } of checks) {
      screen.by('server says', `token "${token}", fingerprint ${fingerprint}: ${verdict}`)
      screen.below(...surfaces.map(({ surface, ok }) => `${ok ? '✓' : '✗'} ${surface}`))
      const hints = new Set(surfaces.flatMap(({ hint = [] }) => hint))
      screen.by('what to do', ...hints)
    }
    const fingerprints = checks.map(({ fingerprint }) => fingerprint)
    screen.check(
      fingerprints.join() === [rest, scim].map((token) => new Secret(token).fingerprint).join(),
      'Right: each token opens what the other one is for. Only fingerprints tell which is which.',
      checks,
    )
    screen.check(
      [scim, rest].every((token) => !JSON.stringify(checks).includes(token)),
      'The answer holds neither of the tokens.',
      'one of the tokens',
    )
  },
}
