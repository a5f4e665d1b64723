/** Commands of this feature that others use. */

export namespace CommandHistoryCommands {
  /** Show the panel. */
  export const show = 'platform:show-commands';
}
