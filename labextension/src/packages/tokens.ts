/** What other features may use of the package panel. */

/** Commands of this feature. */
export namespace PackageCommands {
  /** Show the panel. */
  export const show = 'platform:show-packages';
}
