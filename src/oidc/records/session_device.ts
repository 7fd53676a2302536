/**
 * In which browser a session is, for the person whose it is: noted with the session whenever the library writes it, which
 * is with each authorization request and sign-in, so that it costs no write of its own. Nothing is decided by it.
 */
import type { Clock } from '../../clock.ts';
import { requestState } from '../../http/request_state.ts';
import { ownAddress } from '../../net/client_address.ts';
import type { Artifact } from '../../storage/artifacts.ts';
import { createRequestSlot, currentContext } from '../engine/request_slots.ts';

/** Times in milliseconds since the epoch. */
export type SessionDevice = {
  /** As the browser named itself when it last came, shortened. */
  userAgent?: string | undefined;
  /** From where it last came. */
  ip?: string | undefined;
  /** When this person was first signed in in it. */
  beganAt: number;
  /** When it last came. */
  seenAt: number;
};

const longestUserAgent = 400;

/** What was noted in the session that the request came with, and of whom. Set and read here. */
const known = createRequestSlot<{ accountId: string | undefined; device: SessionDevice }>();

/** Undefined: of a session from before this was noted. */
export function deviceOf({ payload }: Pick<Artifact, 'payload'>): SessionDevice | undefined {
  return payload.device as SessionDevice | undefined;
}

export function createSessionDevices({ clock }: { clock: Clock }) {
  return {
    /** Remembers for this request what a session that it came with has noted. */
    found(session: Artifact): void {
      const device = deviceOf(session);
      if (device) known.set({ accountId: session.accountId, device });
    },

    /** Adds it to a session that is written. One in which nobody has signed in has none. */
    note({ accountId, payload }: Artifact): void {
      const context = currentContext();
      if (accountId === undefined || !context) return;
      const before = known.get();
      const now = clock.now();
      const device: SessionDevice = {
        userAgent: context.get('user-agent').slice(0, longestUserAgent) || undefined,
        ip: ownAddress(requestState(context).address),
        beganAt: before?.accountId === accountId ? before.device.beganAt : now,
        seenAt: now,
      };
      payload.device = device;
    },
  };
}

export type SessionDevices = ReturnType<typeof createSessionDevices>;
