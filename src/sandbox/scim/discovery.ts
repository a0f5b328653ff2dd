import { GROUP, type Shape, type Values } from './schema.ts'

/** The `Schemas` of a service (RFC 7643, 7). `user` is the shape of its users. */
export const schemasOf = (user: Shape): (Values & { id: string })[] => [
  schemaOf('urn:ietf:params:scim:schemas:core:2.0:User', 'User', user),
  schemaOf('urn:ietf:params:scim:schemas:core:2.0:Group', 'Group', GROUP),
  ...Object.entries(user).flatMap(([id, attribute]) =>
    id.startsWith('urn:') && 'of' in attribute ? [schemaOf(id, 'User', attribute.of)] : [],
  ),
]

const schemaOf = (id: string, name: string, shape: Shape) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name,
  attributes: attributesOf(shape),
})

const attributesOf = (shape: Shape): Values[] =>
  Object.entries(shape)
    .filter(([name]) => !name.startsWith('urn:'))
    .map(([name, attribute]) => ({
      name,
      type: 'of' in attribute ? 'complex' : attribute.type === 'boolean' ? 'boolean' : 'string',
      multiValued: attribute.type === 'list' || attribute.type === 'texts',
      required: attribute.required ?? false,
      caseExact: 'exact' in attribute,
      mutability: 'readWrite',
      returned: 'default',
      uniqueness: name === 'userName' ? 'server' : 'none',
      ...('oneOf' in attribute && { canonicalValues: attribute.oneOf }),
      ...('of' in attribute && { subAttributes: attributesOf(attribute.of) }),
    }))

/** The `ResourceTypes` of a service (RFC 7643, 6). */
export const resourceTypes = (user: Shape, groups: boolean): (Values & { id: string })[] => [
  {
    ...resourceType('User', '/Users'),
    schemaExtensions: Object.keys(user)
      .filter((name) => name.startsWith('urn:'))
      .map((schema) => ({ schema, required: false })),
  },
  ...(groups ? [resourceType('Group', '/Groups')] : []),
]

const resourceType = (name: string, endpoint: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id: name,
  name,
  endpoint,
  schema: `urn:ietf:params:scim:schemas:core:2.0:${name}`,
})
