/**
 * Writes pixels as a PNG of at most 256 colours (median cut): pictures of pages lose nothing that an eye
 * would see, and are a third in size.
 */
import { crc32, deflateSync } from 'node:zlib';

/** One colour as it occurs: four channels and how many pixels have it. */
type Colour = { key: number; channels: number[]; count: number };

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** `rgba`: four bytes for each pixel, row by row. */
export function palettePng(rgba: Buffer, width: number): Buffer {
  const height = rgba.length / 4 / width;
  const boxes = medianCut(coloursOf(rgba));
  const indexes = new Map(boxes.flatMap((box, index) => box.map(({ key }) => [key, index])));
  const palette = boxes.map(average);

  // Each row begins with its filter: none compresses best where colours are indexes.
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const row = Math.floor(pixel / width);
    rows[pixel + row + 1] = indexes.get(rgba.readUInt32BE(pixel * 4)) ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits for each index into a palette.
  header.set([8, 3], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flatMap((colour) => colour.slice(0, 3)))),
    chunk('tRNS', Buffer.from(palette.flatMap((colour) => colour.slice(3)))),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function coloursOf(rgba: Buffer): Colour[] {
  const counts = new Map<number, number>();
  for (let offset = 0; offset < rgba.length; offset += 4) {
    const key = rgba.readUInt32BE(offset);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => ({
    key,
    channels: [24, 16, 8, 0].map((shift) => (key >>> shift) & 255),
    count,
  }));
}

/** Halves the box that spreads widest until there are 256. */
function medianCut(colours: Colour[]): Colour[][] {
  const boxes = [colours];
  while (boxes.length < 256) {
    const spreads = boxes.map(spreadOf);
    const widest = spreads.reduce((a, b) => (b.weight > a.weight ? b : a));
    if (widest.weight === 0) break;
    const box = boxes[spreads.indexOf(widest)] ?? [];
    boxes.splice(spreads.indexOf(widest), 1, ...halve(box, widest.channel));
  }
  return boxes;
}

/** The channel in which a box spreads most; a rare colour weighs less, but not nothing. */
function spreadOf(box: Colour[]): { channel: number; weight: number } {
  const ranges = [0, 1, 2, 3].map((channel) => {
    const values = box.map(({ channels }) => channels[channel] ?? 0);
    return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
  });
  const range = Math.max(...ranges);
  const count = box.reduce((sum, colour) => sum + colour.count, 0);
  return { channel: ranges.indexOf(range), weight: range * Math.sqrt(count) };
}

function halve(box: Colour[], channel: number): [Colour[], Colour[]] {
  const sorted = box.toSorted((a, b) => (a.channels[channel] ?? 0) - (b.channels[channel] ?? 0));
  const half = sorted.reduce((sum, { count }) => sum + count, 0) / 2;
  let seen = 0;
  const middle = sorted.findIndex(({ count }) => {
    seen += count;
    return seen >= half;
  });
  const cut = Math.min(Math.max(middle, 1), sorted.length - 1);
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

function average(box: Colour[]): number[] {
  const total = box.reduce((sum, { count }) => sum + count, 0);
  return [0, 1, 2, 3].map((channel) => {
    const sum = box.reduce(
      (part, { channels, count }) => part + (channels[channel] ?? 0) * count,
      0,
    );
    return Math.round(sum / total);
  });
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
