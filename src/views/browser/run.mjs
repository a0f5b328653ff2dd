import { answerIn, failureSection, fill } from './elements.mjs'
import { begin } from './host.mjs'
import { follow, showRun } from './rows.mjs'

begin((result) => {
  const { data, failure } = answerIn(result)
  if (failure) return fill(failureSection(failure))
  showRun(data)
  follow(data.runId, data.state)
})
