/** Commands of this feature that others use. */

export namespace ReviewCommands {
  /** Submit the project in front for review. */
  export const submit = 'platform:submit-for-review';
  /** Show the list of submissions. */
  export const show = 'platform:show-reviews';
  /** Open the submission `{id}`. */
  export const open = 'platform:open-submission';
}
