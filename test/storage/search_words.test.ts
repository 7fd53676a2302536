/** What is found by words is never lost to what tells in advance that a record cannot have them. */
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hasWords,
  mayHaveWords,
  recordWords,
  searchedWords,
} from '../../src/storage/search_words.ts';

test('A record that has the words of a text is never passed over before its words are made', () => {
  const letters = fc.constantFrom(...'aAbBßİıΣσςéÉﬁ\u0301．@.-\'" \\');
  const text = fc.oneof(
    fc.string({ unit: letters, maxLength: 12 }),
    fc.string({ unit: 'grapheme' }),
  );
  const texts = fc.record({
    ids: fc.array(text, { maxLength: 2 }),
    texts: fc.array(fc.oneof(text, fc.constant(undefined)), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(texts, text, fc.nat(), fc.nat(8), (given, typed, which, length) => {
      const own = recordWords(given);
      const begun = [...(own[which % Math.max(1, own.length)] ?? '')].slice(0, length + 1).join('');
      for (const searched of [searchedWords(typed), searchedWords(begun), begun ? [begun] : []]) {
        if (hasWords(own, searched) && !mayHaveWords(given, searched)) return false;
      }
      return true;
    }),
    { numRuns: 2000 },
  );
});
