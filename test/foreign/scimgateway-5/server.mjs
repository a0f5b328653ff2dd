import { serve } from '../scimgateway/gateway.mjs'

await serve(import.meta.dirname)
