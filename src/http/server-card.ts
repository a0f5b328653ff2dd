/** Where a server card is: behind the address of MCP (SEP-2127), and where older drafts had it. */
export const CARD_PATHS = ['/mcp/server-card', '/.well-known/mcp/server-card.json'] as const
export const CARD_TYPE = 'application/mcp-server-card+json'

/** What of the package stands on the card. */
interface CardPackage {
  mcpName: string
  version: string
}

/** The server card (modelcontextprotocol/experimental-ext-server-card): who this is and where to connect, and no tenant. */
export const serverCard = (
  { mcpName, version }: CardPackage,
  { mcp, needsToken }: { mcp: string; needsToken: boolean },
) => ({
  $schema: 'https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json',
  name: mcpName,
  version,
  title: 'Identity tools',
  description: 'Looks people up in company apps, and changes their access once a person agreed.',
  remotes: [
    {
      type: 'streamable-http',
      url: mcp,
      ...(needsToken && { headers: [{ name: 'Authorization', isRequired: true, isSecret: true }] }),
    },
  ],
})
