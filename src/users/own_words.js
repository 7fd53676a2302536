// @ts-check
/**
 * Whether a password is made of the person's own words. The server asks when one is chosen; pages ask while it is typed, in
 * the browser, with the same code.
 */

/**
 * The words of names and addresses, in lower case. Shorter ones than four characters would stand in too much.
 *
 * @param {readonly unknown[]} texts
 * @returns {string[]}
 */
export function wordsOf(texts) {
  const words = texts.flatMap((text) =>
    typeof text === 'string' ? [text, ...text.split(/[\s@._+-]+/)] : [],
  );
  return [...new Set(words.map(folded))].filter((word) => [...word].length >= 4);
}

/**
 * Whether one of the words stands in the password, with no letter before or after it.
 *
 * @param {string} password
 * @param {readonly string[]} words
 * @returns {boolean}
 */
export function holdsWord(password, words) {
  const text = folded(password);
  return words.some((word) => {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const [before, after] = [text.slice(0, at), text.slice(at + word.length)];
      if (!/\p{L}$/u.test(before) && !/^\p{L}/u.test(after)) return true;
    }
    return false;
  });
}

/** @param {string} text */
function folded(text) {
  return text.normalize('NFKC').toLowerCase();
}
