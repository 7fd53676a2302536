import { errors } from '../../engine/library.ts';

/**
 * The address of a client leads to nothing that describes one. `why` begins with "it" or "its" and is told; `detail` and
 * `cause` are for the log alone: strangers choose the address, and could use Cardea to look around.
 */
export function unusableDocument(
  why: string,
  { detail = why, cause }: { detail?: string; cause?: unknown } = {},
): Error {
  return new errors.InvalidClient(
    `the metadata document of this client_id cannot be used: ${why}`,
    {
      detail,
      cause,
    },
  );
}
