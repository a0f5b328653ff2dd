import { describe, expect, test } from 'vitest'
import {
  EVERYTHING,
  holds,
  SCOPES,
  type Scope,
  scopeOf,
  scopesIn,
  withScope,
} from '../../src/domain/scopes.ts'
import { tools } from '../../src/tools/index.ts'

describe('scopes', () => {
  test.each<[Scope, Scope[]]>([
    ['identity:read', ['identity:read']],
    ['identity:audit', ['identity:audit']],
    ['identity:write', ['identity:read', 'identity:write']],
    ['identity:remove', ['identity:read', 'identity:write', 'identity:remove']],
  ])('%s holds %j', (scope, held) => {
    expect(SCOPES.filter((one) => holds({ scopes: [scope] }, one))).toEqual(held)
  })

  test('none holds nothing, and everything all', () => {
    expect(SCOPES.filter((one) => holds({ scopes: [] }, one))).toEqual([])
    expect(SCOPES.every((one) => holds(EVERYTHING, one))).toBe(true)
  })

  test('one more is added to those there were', () => {
    expect(withScope({ scopes: ['identity:audit', 'identity:read'] }, 'identity:remove')).toEqual([
      'identity:read',
      'identity:audit',
      'identity:remove',
    ])
  })

  test('are picked out from other words exactly', () => {
    expect(scopesIn(['openid', 'identity:write', 'IDENTITY:READ', 'identity:removes', '*'])).toEqual([
      'identity:write',
    ])
  })

  test('every tool demands one, and every change at least that of writing', () => {
    const demanded = Object.fromEntries(tools.map((tool) => [tool.name, scopeOf(tool)]))
    expect(demanded).toMatchObject({ find_user: 'identity:read', pull_audit: 'identity:audit' })
    for (const { effect, name } of tools) {
      if (effect === 'removes') expect(demanded[name]).toBe('identity:remove')
      else if (effect !== 'reads') expect(demanded[name]).toBe('identity:write')
    }
  })
})
