/** Where `Places` was before it became the projects feature's. */

export { Places } from '../projects/places.js';
