/**
 * Which APIs a code or a refresh token is for. An API that gets the identifier of a removed one is another: what was
 * granted for the first is nothing there. The record names them by identifier, so it keeps beside that which of the APIs
 * that had it in the course of time is meant (`since`, see ApiRecord); most identifiers have had one, and nothing is kept.
 */
import type { ApiRegistry } from '../../apis/room.ts';
import type { Artifact } from '../../storage/artifacts.ts';

type Payload = Artifact['payload'];

const member = 'apis_since';

export type ApiIdentities = {
  /** Notes which APIs are meant now. */
  stamp(payload: Payload): void;
  /** False where one of its APIs is another by now. Of an identifier that no API has, others judge. */
  hold(payload: Payload): boolean;
};

export function createApiIdentities({ apis }: { apis: Pick<ApiRegistry, 'since'> }): ApiIdentities {
  return {
    stamp(payload) {
      const later = apisOf(payload).flatMap((api) => {
        const since = apis.since(api);
        return since ? [[api, since] as const] : [];
      });
      if (later.length > 0) payload[member] = Object.fromEntries(later);
    },
    hold(payload) {
      const meant = new Map(Object.entries((payload[member] ?? {}) as Record<string, number>));
      return apisOf(payload).every((api) => {
        const since = apis.since(api);
        return since === undefined || since === (meant.get(api) ?? 0);
      });
    },
  };
}

/** RFC 8707 section 2. */
function apisOf({ resource }: Payload): string[] {
  return [resource ?? []].flat().map(String);
}
