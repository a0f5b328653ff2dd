/** A person at an issuer, with an account in an app and a name as an approver. */
export interface Person {
  /** The address under which apps and approvers know the person. */
  address: string
  /** The part of it before the `@`. */
  name: string
  /** A subject that says nothing about the person. */
  opaque: string
}

type Claims = Record<string, unknown>

/** How an issuer writes who somebody is. */
export interface Habit {
  name: string
  claims: (person: Person) => Claims
  /** What the same person's token said before. */
  before?: (person: Person) => Claims
  /** Whether the token names nobody for certain, so that no account is changed and nobody can approve. */
  isUnnamed?: true
  /** The address in the app, and the approver's name, if they are others. */
  account?: (person: Person) => string
  approver?: (person: Person) => string
}

/** The twelve habits that issuers are known for, but for one subject at two issuers, which takes two of them. */
export const HABITS: readonly Habit[] = [
  {
    name: 'a pairwise subject, with the user principal name (Entra ID)',
    claims: ({ opaque, address }) => ({
      sub: `${opaque}-pairwise`,
      oid: opaque,
      preferred_username: address,
      upn: address,
      azp: '2b8e1f0c',
      ver: '2.0',
    }),
  },
  {
    name: 'a UUID, with the bare user name (Keycloak)',
    claims: ({ opaque, name }) => ({ sub: opaque, preferred_username: name, azp: 'agent-7', typ: 'Bearer' }),
  },
  {
    name: 'a subject with a pipe (Auth0)',
    claims: ({ address }) => ({ sub: `auth0|${address}`, azp: 'agent-7', gty: 'password' }),
  },
  {
    name: 'the login as the subject (Okta)',
    claims: ({ address, opaque }) => ({
      sub: address,
      uid: opaque,
      cid: '0oa1',
      scope: undefined,
      scp: ['identity:remove'],
    }),
  },
  {
    name: 'a pseudonym alone (ID-JAG of ConductorOne)',
    claims: ({ opaque }) => ({ sub: `c1|${opaque}`, client_id: 'agent-7', act: { sub: 'agent-7' } }),
    isUnnamed: true,
  },
  {
    name: 'an address that was changed since',
    claims: ({ opaque, name }) => ({ sub: opaque, email: `new-${name}@example.com`, email_verified: true }),
    before: ({ opaque, address }) => ({ sub: opaque, email: address, email_verified: true }),
  },
  {
    name: 'another case',
    claims: ({ opaque, address }) => ({ sub: opaque, email: address.toUpperCase(), email_verified: true }),
  },
  {
    name: 'an alias in another domain',
    claims: ({ opaque, name }) => ({ sub: opaque, upn: `${name}@example.onmicrosoft.com` }),
  },
  {
    name: 'a plus-address',
    claims: ({ opaque, name }) => ({
      sub: opaque,
      email: `${name}+agents@example.com`,
      email_verified: true,
    }),
  },
  { name: 'no claim that names anybody', claims: ({ opaque }) => ({ sub: opaque }), isUnnamed: true },
  {
    name: 'an email that is not verified',
    claims: ({ opaque, address }) => ({ sub: opaque, email: address, email_verified: false }),
    isUnnamed: true,
  },
]

/** More of the same kinds. */
export const MORE_HABITS: readonly Habit[] = [
  {
    name: 'an email of somebody else that is not verified, as user name too',
    claims: ({ opaque }) => ({
      sub: opaque,
      email: 'somebody@example.com',
      email_verified: 'false',
      preferred_username: 'Somebody@example.com',
    }),
    isUnnamed: true,
  },
  {
    name: 'an email of which nobody says whether it is verified',
    claims: ({ opaque, address }) => ({ sub: opaque, email: address }),
    isUnnamed: true,
  },
  {
    name: 'an unverified email beside another user name',
    claims: ({ opaque, address }) => ({
      sub: opaque,
      email: address,
      email_verified: false,
      upn: 'nn@example.com',
    }),
  },
  {
    name: 'a name that is no text',
    claims: ({ opaque, address }) => ({
      sub: opaque,
      preferred_username: { name: address },
      upn: 7,
      email: [],
    }),
    isUnnamed: true,
  },
  {
    name: 'a UUID as the user name, too',
    claims: ({ opaque }) => ({ sub: opaque, preferred_username: opaque }),
    isUnnamed: true,
  },
  {
    name: 'several addresses in one claim',
    claims: ({ opaque, address }) => ({ sub: opaque, upn: ['first@example.com', address] }),
  },
  {
    name: 'a name with something unseen in it',
    claims: ({ opaque, address }) => ({
      sub: opaque,
      email: address.replace('@', '\u200b@'),
      upn: 'nn@example.com',
    }),
  },
  {
    name: 'a domain before the name',
    claims: ({ opaque, name }) => ({ sub: opaque, preferred_username: `ACME\\${name}` }),
  },
  {
    name: 'a person as the actor, for another person',
    claims: ({ opaque, address }) => ({ sub: opaque, upn: 'nn@example.com', act: { sub: address } }),
  },
  {
    name: 'a person as the actor, by an email',
    claims: ({ opaque, address }) => ({
      sub: opaque,
      upn: 'nn@example.com',
      act: { sub: `of-${opaque}`, email: address },
    }),
  },
  {
    name: 'a person as an earlier actor',
    claims: ({ opaque, address }) => ({
      sub: opaque,
      upn: 'nn@example.com',
      act: { sub: 'agent-7', act: { sub: address } },
    }),
  },
  {
    name: 'a plus-address in the app and of the approver',
    claims: ({ opaque, address }) => ({ sub: opaque, upn: address }),
    account: ({ name }) => `${name}+app@example.com`,
    approver: ({ name }) => `${name}@example.org`,
  },
]
