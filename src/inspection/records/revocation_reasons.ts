/**
 * Why something is revoked, by the markers that say so (tokens/revocation).
 */
import { parseMarkerKey } from '../../storage/revocations.ts';
import type { RevocationMarker } from '../../tokens/room.ts';
import { say } from '../portable/statement.js';
import type { Statement } from '../report.ts';

/** Kinds of markers with words of their own. */
const known = new Set([
  ...['token', 'record', 'family', 'grant', 'session', 'session_uid', 'client', 'user', 'api'],
  ...['api_key', 'api_key_tokens', 'project_tokens', 'key', 'everything', 'everything_before'],
]);

/** The narrowest first: what was done to this token alone says more than what was done to all of a client. */
export function revokedBecause(markers: readonly RevocationMarker[]): Statement[] {
  return markers
    .map(({ key }) => parseMarkerKey(key))
    .map(({ kind, name }) =>
      known.has(kind)
        ? say('bad', `revoked_${kind}`, { name }, 6)
        : say('bad', 'revoked_otherwise', {}, 6),
    );
}
