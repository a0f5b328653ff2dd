import { expect, test } from 'vitest'
import { canDo } from '../../src/engine/can-do.ts'
import type { Tenant } from '../../src/engine/tenants.ts'
import { tools } from '../../src/tools/index.ts'

test('what every one of many tenants can do costs one look for each tool, however many they are', () => {
  const tenants = Array.from({ length: 60 }, (_, at) => ({ name: `acme-${at}` }) as Tenant)
  const looks: string[] = []
  const can = canDo(tools, {
    serving({ needs }) {
      looks.push(needs.join())
      const able = tenants.filter((_, at) => needs.length > 0 && at % 2 === 0)
      return able.length > 0 ? able : undefined
    },
  })
  expect(looks).toEqual([])
  const told = tenants.map((tenant) => can(tenant))
  expect(looks).toHaveLength(tools.length)
  expect(told[0]).toEqual(tools.filter(({ needs }) => needs.length > 0).map(({ name }) => name))
  expect(told[1]).toEqual([])
})
