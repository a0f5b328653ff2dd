// Only used to serve scimmy; its own types are not worth a dependency.
declare module 'express'
declare module 'express4'
