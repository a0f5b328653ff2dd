// @module-tag long

import express5 from 'express'
import express4 from 'express4'
import { describe, expect, test } from 'vitest'
import { context } from '../../support/canned.ts'
import { vendorAt } from '../vendor-at.ts'
import { serveScimmy } from './scimmy-at.ts'

const ana = {
  userName: 'ana.ruiz@example.com',
  email: 'ana.ruiz@example.com',
  givenName: 'Ana',
  familyName: 'Ruiz',
  title: 'Engineer',
  department: 'Research',
  phone: '+46 8 123',
  externalId: 'idp-1',
}

describe.each([
  ['express 4', express4],
  ['express 5', express5],
])('a server of others, on %s', (name, express) => {
  async function open(settings: Record<string, unknown> = {}) {
    const server = await serveScimmy(express)
    const app = vendorAt('scim', server.url, { allowDelete: true, ...settings })
    const create = async (fields: object = ana) => {
      await app.createAccount({ fields }, context())
      const { userName } = { ...ana, ...fields }
      const {
        accounts: [account],
      } = await app.findAccounts({ user: userName }, context())
      if (!account) throw new TypeError('nobody was created')
      return { id: account.id, userName: account.userName }
    }
    return { server, app, create, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  test('takes a new user with all the fields', async () => {
    await using world = await open()
    const { id } = await world.create()
    expect(await world.app.readFields({ id }, context())).toMatchObject({
      account: { userName: ana.userName, status: 'active', name: 'Ana Ruiz' },
      fields: { ...ana, status: 'active' },
    })
  })

  test('says of a second one that it is there', async () => {
    await using world = await open()
    await world.create()
    await expect(world.app.createAccount({ fields: ana }, context())).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(world.server.users.size).toBe(1)
  })

  test.each(['ana.ruiz@example.com', 'ANA.RUIZ@example.com', 'idp-1'])('finds by %s', async (user) => {
    await using world = await open()
    const { id } = await world.create()
    await world.create({ userName: 'bo@example.com', email: 'bo@example.com' })
    expect(await world.app.findAccounts({ user }, context())).toMatchObject({ accounts: [{ id }] })
  })

  test('lists everybody, or says that it can not', async () => {
    await using world = await open({ pageSize: 10 })
    for (let index = 0; index < 25; index++) await world.create({ userName: `u${index}@example.com` })
    const page = await world.app.listAccounts({ limit: 100 }, context())
    const paged = name === 'express 4'
    expect({ count: page.items.length, complete: page.complete }).toEqual({
      count: paged ? 25 : 20,
      complete: paged,
    })
  })

  test.each(['auto', 'path', 'pathless', 'put'])('is changed by %s, and nothing else is', async (form) => {
    await using world = await open({ patchStrategy: form })
    const target = await world.create()
    const set = {
      givenName: 'Anna',
      title: 'Lead',
      department: 'Development',
      manager: 'm-1',
      role: 'editor',
      // Without a path, scimmy adds to lists what RFC 7644 §3.5.2.3 has it put in their place.
      ...(form !== 'pathless' && { email: 'ana@example.org', phone: '+46 8 999' }),
    }
    await world.app.updateAccount({ ...target, set }, context())
    expect((await world.app.readFields({ id: target.id }, context()))?.fields).toEqual({
      ...ana,
      displayName: 'Ana Ruiz',
      formattedName: 'Ana Ruiz',
      ...set,
      status: 'active',
    })
  })

  test.each(['path', 'pathless', 'put'])('is deactivated and back by %s', async (patchStrategy) => {
    await using world = await open({ patchStrategy })
    const target = await world.create()
    const status = async () => (await world.app.readAccount({ id: target.id }, context()))?.status
    await world.app.deactivateAccount(target, context())
    expect(await status()).toBe('inactive')
    await world.app.reactivateAccount(target, context())
    expect(await status()).toBe('active')
  })

  test.each(['filter', 'array'])('changes who is in a group, by %s, and leaves the others', async (shape) => {
    await using world = await open({ memberRemoveShape: shape })
    const people = []
    for (const one of ['ana', 'bo', 'cy']) people.push(await world.create({ userName: `${one}@example.com` }))
    const [ana, bo, cy] = people as [Target, Target, Target]
    const id = world.server.addGroup('Engineering', [ana.id, bo.id])
    await world.app.updateMembers({ group: { id, name: 'Engineering' }, add: [cy], remove: [ana] }, context())
    const group = await world.app.readGroup({ group: 'Engineering' }, context())
    expect(group?.members?.map((member) => member.id).sort()).toEqual([bo.id, cy.id].sort())
  })

  test('deletes, and takes it well when there is nobody any more', async () => {
    await using world = await open()
    const target = await world.create()
    await world.app.deleteAccount(target, context())
    expect(await world.app.readAccount({ id: target.id }, context())).toBeUndefined()
    await expect(world.app.deleteAccount(target, context())).resolves.toBeUndefined()
  })

  test('is probed by reads', async () => {
    await using world = await open({ pageSize: 50 })
    for (let index = 0; index < 25; index++) await world.create({ userName: `u${index}@example.com` })
    const { findings } = await world.app.probeApp({}, context())
    const found = (about: string) => findings.find((one) => one.about === about)?.found
    expect(found('filter')).toBe('honoured')
    expect(found('groups')).toBe('there')
    expect(found('paging')).toMatch(name === 'express 4' ? /^honoured/ : /ignored/)
    expect(found('schemas')).toContain('urn:ietf:params:scim:schemas:core:2.0:User')
  })
})

interface Target {
  id: string
  userName: string
}
