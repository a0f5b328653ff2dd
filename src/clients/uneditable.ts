/** A file that cannot be edited without harm. The message completes "FILE …", and quotes nothing of it. */
export class Uneditable extends Error {
  override name = 'Uneditable'
}
