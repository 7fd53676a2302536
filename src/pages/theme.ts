/**
 * The stylesheet made from the operator's accent color: each shade that pages use, legible (WCAG 2.2 AA)
 * whatever the color is. Everything else is in views/styles.
 */
import { legibleOn, mix, textOn } from './colors.ts';

/** The background of the accent. Same values as `--card` in views/styles/cardea.css. */
export const cardColors = { light: '#ffffff', dark: '#17191e' };

export type ColorScheme = 'light' | 'dark';

const tints = { light: 0.09, dark: 0.22 };

/**
 * CSS for an accent such as `#4f46e5`. `scheme`: for that alone, whatever the browser prefers; default: for both.
 */
export function themeStylesheet(accent: string, scheme?: ColorScheme): string {
  const onAccent = textOn(accent);
  // Away from the text's color, so that hovering never reduces contrast.
  const hover = mix(accent, onAccent === '#ffffff' ? '#000000' : '#ffffff', 0.12);
  return `:root {
  --accent: ${accent};
  --accent-hover: ${hover};
  --on-accent: ${onAccent};
${declarations(accent, scheme ?? 'light', '  ')}}
${scheme ? '' : dark()}`;

  function dark() {
    return `@media (prefers-color-scheme: dark) {
  :root {
${declarations(accent, 'dark', '    ')}  }
}
`;
  }
}

/**
 * Wash is for quiet surfaces, ink for text on them and on the card (4.5:1), edge for outlines and focus rings (3:1).
 */
export function shadesOf(accent: string, scheme: ColorScheme) {
  const card = cardColors[scheme];
  const wash = mix(card, accent, tints[scheme]);
  return {
    ink: legibleOn(legibleOn(accent, wash, 4.5), card, 4.5),
    edge: legibleOn(accent, card, 3),
    wash,
  };
}

function declarations(accent: string, scheme: ColorScheme, indent: string): string {
  return Object.entries(shadesOf(accent, scheme))
    .map(([name, shade]) => `${indent}--accent-${name}: ${shade};\n`)
    .join('');
}
