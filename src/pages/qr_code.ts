/**
 * QR codes as a path of an SVG: nothing is loaded for them, and none needs a style of its own.
 */
import { encode } from 'uqr';

/** Modules that stay white around the code (ISO/IEC 18004 section 5.3.8). */
const quiet = 4;

/** `size`: modules on each side. `path`: draws the dark ones in a view box of that size. */
export function qrCode(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { border: quiet });
  const path = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return { size, path: path.join('') };
}
