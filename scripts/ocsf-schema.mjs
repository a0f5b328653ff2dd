// Takes from a clone of github.com/ocsf/ocsf-schema what the classes of events that this server writes may have, and what
// they must: node scripts/ocsf-schema.mjs CLONE TAG > test/domain/ocsf-schema.json
import { execFileSync } from 'node:child_process'

const [clone, tag] = process.argv.slice(2)
if (!clone || !tag) throw new Error('usage: node scripts/ocsf-schema.mjs CLONE TAG')

const git = (...words) => execFileSync('git', ['-C', clone, ...words], { encoding: 'utf8', maxBuffer: 1e8 })
const read = (path) => JSON.parse(git('show', `${tag}:${path}`))
const pathsIn = (folder) =>
  git('ls-tree', '-r', '--name-only', tag, folder)
    .trim()
    .split('\n')
    .filter((path) => path.endsWith('.json'))
const byName = (folder) =>
  new Map(
    pathsIn(folder)
      .map(read)
      .map((one) => [one.name, one]),
  )

const CLASSES = ['account_change', 'authentication', 'entity_management', 'group_management']
const dictionary = read('dictionary.json')
const IAM = read('categories.json').attributes.iam.uid
const [events, objects] = [byName('events'), byName('objects')]

/** An event or object with all that it inherits. */
function whole(name, among) {
  const { attributes = {}, constraints, uid, extends: parent } = among.get(name) ?? {}
  const inherited = parent && parent !== 'object' ? whole(parent, among) : { attributes: {} }
  const all = { ...inherited.attributes }
  for (const [key, own] of Object.entries(attributes)) {
    if (key === '$include' || typeof own.profile === 'string') continue
    const { enum: values = {}, ...more } = own
    all[key] = { ...all[key], ...more, enum: { ...all[key]?.enum, ...values } }
  }
  return { attributes: all, constraints: constraints ?? inherited.constraints, uid }
}

/** What is told of an attribute: whether it is required, its type, its values, and the object that it holds. */
function factsOf(name, { requirement, enum: own, type: ownType }) {
  const { type = ownType, is_array: isArray, enum: shared } = dictionary.attributes[name] ?? {}
  const values = Object.keys({ ...shared, ...own })
  const isObject = type !== undefined && objects.has(type)
  return {
    ...(requirement === 'required' && { required: true }),
    type: isObject ? 'object' : (dictionary.types?.attributes?.[type]?.type ?? type),
    ...(isObject && { object: type }),
    ...(isArray && { array: true }),
    ...(values.length > 0 && { values: values.map(Number).sort((a, b) => a - b) }),
  }
}
const toldOf = ({ attributes, constraints }) => ({
  attributes: Object.fromEntries(
    Object.entries(attributes)
      .map(([name, one]) => [name, factsOf(name, one)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
  ...(constraints && { constraints }),
})

/** Objects that events of this server have; the others are named alone. */
const OBJECTS = ['actor', 'group', 'managed_entity', 'metadata', 'product', 'service', 'user']
const classes = Object.fromEntries(
  CLASSES.map((name) => {
    const event = whole(name, events)
    const number = IAM * 1000 + event.uid
    const { attributes, ...more } = toldOf(event)
    // Each class has one value of these, which the schema does not repeat.
    attributes.category_uid.values = [IAM]
    attributes.class_uid.values = [number]
    return [number, { name, attributes, ...more }]
  }),
)
const told = Object.fromEntries(OBJECTS.map((name) => [name, toldOf(whole(name, objects))]))
process.stdout.write(
  `${JSON.stringify({ version: read('version.json').version, classes, objects: told }, null, 1)}\n`,
)
