/** Commands of this feature that others use. */

export namespace ArchiveCommands {
  /** Download the folder that is selected in the file browser as a zip file. */
  export const downloadFolder = 'platform:download-folder';
  /** Download the project in front as a zip file. */
  export const downloadProject = 'platform:download-project';
  /** Unpack a zip file into the folder that the file browser shows. */
  export const importZip = 'platform:import-zip';
}
