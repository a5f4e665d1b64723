/** The names by which others start the administration. */

export namespace AdminCommands {
  export const open = 'platform:admin';
}
