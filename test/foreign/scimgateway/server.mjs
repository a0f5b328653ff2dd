import { serve } from './gateway.mjs'

await serve(import.meta.dirname)
