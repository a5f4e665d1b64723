/** The names by which others open what says who reviews, and for what there are points. */

export namespace DeskCommands {
  /** Open the reviewers and the rubric of the project `{project}`, or of the one in front. */
  export const project = 'platform:review-settings';
  /** Open the rubric of all projects without one of their own. Admins only. */
  export const installation = 'platform:rubric-of-all';
}
