/** Commands of this feature that others use. */

export namespace HistoryCommands {
  /** Show the panel. */
  export const show = 'platform:show-history';
  /** Show the history of the file that is selected in the file browser. */
  export const showOf = 'platform:show-history-of-file';
  /** Name the state that the files of the project in front have now. */
  export const checkpoint = 'platform:new-checkpoint';
}
