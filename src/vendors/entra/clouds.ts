/** learn.microsoft.com/graph/deployments; dod-graph is the one of US Government L5. */
export const CLOUDS = {
  global: { graph: 'https://graph.microsoft.com', login: 'https://login.microsoftonline.com' },
  usgov: { graph: 'https://graph.microsoft.us', login: 'https://login.microsoftonline.us' },
  usgovdod: { graph: 'https://dod-graph.microsoft.us', login: 'https://login.microsoftonline.us' },
  china: { graph: 'https://microsoftgraph.chinacloudapi.cn', login: 'https://login.chinacloudapi.cn' },
} as const
export type Cloud = keyof typeof CLOUDS

export const CLOUD_NAMES = Object.keys(CLOUDS) as Cloud[] // the object literal names its keys

export const isCloud = (name: unknown): name is Cloud =>
  typeof name === 'string' && Object.hasOwn(CLOUDS, name)
