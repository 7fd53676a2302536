/** The master secret of every Cardea that a test, a soak or a picture starts. */
import { hash } from 'node:crypto';

/** Random enough for the checks of the environment; no secret. */
export const testSecret = hash('sha256', 'a master secret for tests', 'base64url');
