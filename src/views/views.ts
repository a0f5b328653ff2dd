/** The views, each a page of its own that a host shows beside an answer (MCP Apps). */
export const VIEWS = ['change', 'person', 'run'] as const
export type View = (typeof VIEWS)[number]
