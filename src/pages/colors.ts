/**
 * Color arithmetic according to WCAG 2.2: luminance, contrast, and legible shades of a color. Colors are
 * written #rrggbb.
 */

/** WCAG 2.2 contrast ratio, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is more legible on the background. White if both are. */
export function textOn(background: string): '#000000' | '#ffffff' {
  const white = contrast('#ffffff', background);
  return white >= 4.5 || white >= contrast('#000000', background) ? '#ffffff' : '#000000';
}

/** Mixes in `share` (0 to 1) of the other color, in sRGB. */
export function mix(color: string, other: string, share: number): string {
  const target = channels(other);
  const mixed = channels(color).map((value, index) =>
    Math.round(value + ((target[index] ?? value) - value) * share)
      .toString(16)
      .padStart(2, '0'),
  );
  return `#${mixed.join('')}`;
}

/** The shade closest to the color that has at least this contrast on the background. */
export function legibleOn(color: string, background: string, ratio: number): string {
  const end = textOn(background);
  for (let share = 0; share < 1; share += 0.04) {
    const shade = mix(color, end, share);
    if (contrast(shade, background) >= ratio) return shade;
  }
  return end;
}

/** Relative luminance, 0 (black) to 1 (white). */
function luminance(color: string): number {
  const [red, green, blue] = channels(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(color: string): [number, number, number] {
  const number = Number.parseInt(color.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}
