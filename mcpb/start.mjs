// Starts the server in a bundle, with what its user typed into the form of the client.
import { homedir } from 'node:os'
import { join } from 'node:path'

// What was left empty comes as nothing, or as the blank itself.
const given = (name) => {
  const value = process.env[name]?.trim()
  return value && !value.startsWith('${') ? value : undefined
}

if (given('IDENTITY_MCP_CONFIG')) {
  process.argv = [...process.argv.slice(0, 2), '--config', given('IDENTITY_MCP_CONFIG')]
  if (given('READ_ONLY') === 'true') process.argv.push('--read-only')
  await import('./dist/main.js')
} else {
  const { createIdentityServer } = await import('./dist/library.js')
  const slots = { netskope: 'scim', gainsight: 'scim', mindtickle: 'scim', okta: 'api', scim: 'scim' }
  const tenants = Object.entries(slots).flatMap(([vendor, slot]) => {
    const variable = `${vendor.toUpperCase()}_TOKEN`
    const url = given(`${vendor.toUpperCase()}_URL`)
    if (url === undefined || !given(variable)) return []
    const address = (/^https?:\/\//.test(url) ? url : `https://${url}`).replace(/\/+$/, '')
    return [[vendor, { vendor, url: address, tokens: { [slot]: `env:${variable}` } }]]
  })
  try {
    const server = await createIdentityServer({
      tenants: Object.fromEntries(tenants),
      readOnly: given('READ_ONLY') !== 'false',
      dataDir: given('IDENTITY_MCP_DATA') ?? join(homedir(), '.identity-mcp'),
    })
    await server.serve()
    await server.close()
  } catch (error) {
    // The client shows what is on stderr.
    process.stderr.write(
      `${error.message}\nOpen the settings of this extension: it needs the address and the token of one app at least.\n`,
    )
    process.exitCode = 2
  }
}
