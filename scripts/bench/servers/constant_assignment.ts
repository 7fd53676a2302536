/**
 * In place of src/tokens/status/status_assignment.ts: every token the same position, nothing looked up or recorded.
 */
import {
  type StatusAssignment,
  type StatusClaim,
  statusListUri,
} from '../../../src/tokens/status/status_assignment.ts';

export { statusListUri };

export function createStatusAssignment({ issuer }: { issuer: string }): StatusAssignment {
  const claim: StatusClaim = {
    status_list: { idx: 524_288, uri: statusListUri(issuer, 'AAAAAAAAAAAA') },
  };
  return { toClient: async () => claim, toSingle: async () => claim };
}
