/**
 * What pages make of an accent that is hard to read somewhere. They stay legible with any (pages/theme.ts); whoever picks
 * a colour wants to know where another shade of it stands in.
 */
import { contrast, textOn } from '../../pages/colors.ts';
import { type ColorScheme, cardColors, shadesOf } from '../../pages/theme.ts';

/** `shade`: the colour that it is about. */
export type Advice = { tone: 'quiet' | 'warning'; text: string; shade: string };

/** WCAG 2.2, 1.4.3. */
const neededOfText = 4.5;
const hardlySeen = 2;

export function accentAdvice(accent: string): readonly Advice[] {
  const onButtons = textOn(accent);
  const name = onButtons === '#ffffff' ? 'white' : 'black';
  return [
    ...(['light', 'dark'] as const).flatMap((scheme) => adviceFor(accent, scheme)),
    {
      tone: 'quiet',
      text: `Text on buttons is ${name} (${ratioText(contrast(accent, onButtons))}).`,
      shade: accent,
    },
  ];
}

function adviceFor(accent: string, scheme: ColorScheme): readonly Advice[] {
  const { ink, edge, wash } = shadesOf(accent, scheme);
  if (ink === accent) return [];
  const onCard = contrast(accent, cardColors[scheme]);
  const ratio = Math.min(onCard, contrast(accent, wash));
  const fault = scheme === 'light' ? 'too pale' : 'too dark';
  const outlined = edge !== accent ? `, and buttons have an outline in ${edge}` : '';
  const problem =
    onCard < hardlySeen
      ? `it hardly stands out from the page (${ratioText(onCard)})`
      : `it is ${fault} for text (${ratioText(ratio)}, where ${neededOfText}:1 is needed)`;
  return [
    {
      tone: onCard < hardlySeen ? 'warning' : 'quiet',
      text: `In ${scheme} mode ${problem}: links use ${ink}${outlined}.`,
      shade: ink,
    },
  ];
}

/** Never more than it is. */
function ratioText(ratio: number): string {
  return `${(Math.floor(ratio * 10) / 10).toFixed(1)}:1`;
}
