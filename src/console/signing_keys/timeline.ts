/**
 * When keys were published and signed, as bars on one scale of time. The same is in a table beside it.
 */
import type { z } from 'zod';
import type { listSigningKeys } from '../../admin/room.ts';

export type SigningKey = z.input<(typeof listSigningKeys)['result']>['items'][number];

/** From the scale's left edge, of `timelineWidth`. */
type Bar = { x: number; width: number };

export type Timeline = {
  /** RFC 3339. */
  from: string;
  until: string;
  nowX: number;
  lanes: { key: SigningKey; published: Bar; signing: Bar | undefined }[];
};

export const timelineWidth = 1000;
/** A bar that is shorter would not be seen. */
const leastWidth = 4;

/** `now`: milliseconds since the epoch. What has no end yet goes on to the right edge. */
export function timelineOf(keys: readonly SigningKey[], now: number): Timeline | undefined {
  if (keys.length === 0) return undefined;
  const ends = keys.flatMap((key) => [key.published_until, key.signs_until, key.activates_at]);
  const times = ends.filter((at) => at !== undefined).map((at) => Date.parse(at));
  const from = Math.min(now, ...keys.map((key) => Date.parse(key.published_at)));
  const last = Math.max(now, ...times);
  // Room for what comes, so that "now" is not the edge.
  const until = last + Math.max(1, (last - from) * 0.05);
  const xOf = (at: number) => Math.round(((at - from) / (until - from)) * timelineWidth);
  const bar = (start: number, end: number): Bar => ({
    ...{ x: xOf(start), width: Math.max(leastWidth, xOf(end) - xOf(start)) },
  });
  const endOf = (key: SigningKey, at: string | undefined) =>
    Date.parse(key.revoked_at ?? at ?? new Date(until).toISOString());
  return {
    ...{ from: new Date(from).toISOString(), until: new Date(until).toISOString() },
    nowX: xOf(now),
    lanes: keys.map((key) => {
      const activates = Date.parse(key.activates_at);
      const stops = endOf(key, key.signs_until);
      return {
        key,
        published: bar(Date.parse(key.published_at), endOf(key, key.published_until)),
        signing: stops > activates ? bar(activates, stops) : undefined,
      };
    }),
  };
}
