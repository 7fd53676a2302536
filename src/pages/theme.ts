/**
 * The stylesheet made from the operator's accent color: each shade that pages use, legible (WCAG 2.2 AA)
 * whatever the color is. Everything else is in views/styles.
 */
import { legibleOn, mix, textOn } from './colors.ts';

/** The background of the accent. Same values as `--card` in views/styles/cardea.css. */
export const cardColors = { light: '#ffffff', dark: '#17191e' };

/** CSS for an accent such as `#4f46e5`. */
export function themeStylesheet(accent: string): string {
  const onAccent = textOn(accent);
  // Away from the text's color, so that hovering never reduces contrast.
  const hover = mix(accent, onAccent === '#ffffff' ? '#000000' : '#ffffff', 0.12);
  return `:root {
  --accent: ${accent};
  --accent-hover: ${hover};
  --on-accent: ${onAccent};
${shades(accent, cardColors.light, 0.09, '  ')}}
@media (prefers-color-scheme: dark) {
  :root {
${shades(accent, cardColors.dark, 0.22, '    ')}  }
}
`;
}

/**
 * Wash is for quiet surfaces, ink for text on them and on the card (4.5:1), edge for outlines and focus rings (3:1).
 */
function shades(accent: string, card: string, tint: number, indent: string): string {
  const wash = mix(card, accent, tint);
  return [
    `--accent-ink: ${legibleOn(legibleOn(accent, wash, 4.5), card, 4.5)};`,
    `--accent-edge: ${legibleOn(accent, card, 3)};`,
    `--accent-wash: ${wash};`,
  ]
    .map((line) => `${indent}${line}\n`)
    .join('');
}
