/**
 * How much of src/ one request went through.
 */

/** One call of a function; `file` from src/ on. */
export type Entry = { file: string; name: string; line: number };

/** All calls of one request, in their order. */
export type Trace = { request: string; entries: Entry[] };

/** Calls that follow each other within one file. */
type Stop = { file: string; functions: string[] };

export type Summary = {
  request: string;
  /** Different files in which a function was entered. */
  files: number;
  /** How often the next function was in another file. Returns do not count. */
  hops: number;
  /** How often it was in another room. */
  roomChanges: number;
  /** Files and stops in each folder of src/, most stops first; `.` is src/ itself. */
  rooms: { room: string; files: number; stops: number }[];
  stops: Stop[];
};

export function summarise({ request, entries }: Trace): Summary {
  const stops: Stop[] = [];
  for (const { file, name, line } of entries) {
    const called = `${name || '(anonymous)'}:${line}`;
    const last = stops.at(-1);
    if (last?.file === file) last.functions.push(called);
    else stops.push({ file, functions: [called] });
  }
  const byRoom = Object.groupBy(stops, ({ file }) => roomOf(file));
  return {
    request,
    files: filesOf(stops),
    hops: Math.max(0, stops.length - 1),
    roomChanges: stops.filter(
      ({ file }, index) => index > 0 && roomOf(file) !== roomOf(stops[index - 1]?.file ?? ''),
    ).length,
    rooms: Object.entries(byRoom)
      .map(([room, own = []]) => ({ room, files: filesOf(own), stops: own.length }))
      .sort((one, other) => other.stops - one.stops),
    stops,
  };
}

function filesOf(stops: readonly Stop[]): number {
  return new Set(stops.map(({ file }) => file)).size;
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '.';
}
