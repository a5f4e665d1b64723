/** What is loaded when it is opened first. */

export { DeskTab } from './page.js';
export { ReviewersModel } from './reviewers.js';
export { RubricModel } from './rubric.js';
