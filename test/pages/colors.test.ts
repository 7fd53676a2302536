import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { contrast, legibleOn, mix, textOn } from '../../src/pages/colors.ts';
import { cardColors, themeStylesheet } from '../../src/pages/theme.ts';

const colour = fc
  .integer({ min: 0, max: 0xffffff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

/** Custom properties of the theme, with what the dark scheme changes. */
function schemesOf(css: string) {
  const [light = '', dark = ''] = css.split('@media');
  const read = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]),
    );
  return { light: read(light), dark: { ...read(light), ...read(dark) } };
}

describe('Theme colours', () => {
  test('The contrast ratio follows WCAG 2.2', () => {
    assert.equal(contrast('#000000', '#ffffff'), 21);
    assert.equal(contrast('#777777', '#777777'), 1);
    assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
    assert.equal(contrast('#4f46e5', '#ffffff').toFixed(2), '6.29');
  });

  test('Text on any colour is readable', () => {
    fc.assert(fc.property(colour, (accent) => contrast(textOn(accent), accent) >= 4.5));
    assert.equal(textOn('#4f46e5'), '#ffffff');
    assert.equal(textOn('#facc15'), '#000000');
  });

  test('Mixing interpolates from one colour to the other', () => {
    assert.equal(mix('#204060', '#ffffff', 0), '#204060');
    assert.equal(mix('#204060', '#ffffff', 1), '#ffffff');
    assert.equal(mix('#000000', '#ffffff', 0.5), '#808080');
  });

  test('A readable colour is left unchanged', () => {
    assert.equal(legibleOn('#4f46e5', '#ffffff', 4.5), '#4f46e5');
    assert.notEqual(legibleOn('#facc15', '#ffffff', 4.5), '#facc15');
  });

  test('Every shade of the theme is readable in both colour schemes, whatever the accent', () => {
    fc.assert(
      fc.property(colour, (accent) => {
        const schemes = schemesOf(themeStylesheet(accent));
        for (const scheme of ['light', 'dark'] as const) {
          const shade = (name: string): string => schemes[scheme][name] ?? assert.fail(name);
          const card = cardColors[scheme];
          assert.ok(contrast(shade('on-accent'), shade('accent')) >= 4.5);
          assert.ok(contrast(shade('on-accent'), shade('accent-hover')) >= 4.5);
          assert.ok(contrast(shade('accent-edge'), card) >= 3);
          assert.ok(contrast(shade('accent-ink'), card) >= 4.5);
          assert.ok(contrast(shade('accent-ink'), shade('accent-wash')) >= 4.5);
        }
      }),
      // One whose wash is darker than the card.
      { examples: [['#050527']] },
    );
  });

  test("The theme uses the stylesheet's own colours beneath the accent", () => {
    const css = readFileSync(new URL('../../views/styles/cardea.css', import.meta.url), 'utf8');
    const cards = [...css.matchAll(/--card: (#[0-9a-f]{6});/g)].map((match) => match[1]);
    assert.deepEqual(cards, [cardColors.light, cardColors.dark]);
  });
});
