/*
 * <password-words for="id of the field">: says while a password is typed what is wrong with it, as far as a browser can know
 * that: how long it is, and whether the person's own words stand in it. Nothing is sent; the server decides when the form
 * is. Words are those of the attribute `words`, of the names and addresses in the same form, and of the address of the page.
 */
const naming = ['username', 'name', 'email'];
/** Somebody who listens is told when the typing rests. */
const restMs = 500;

class PasswordWords extends HTMLElement {
  connectedCallback() {
    this.setAttribute('role', 'status');
    const field = document.getElementById(this.getAttribute('for'));
    import(this.getAttribute('modules')).then(({ holdsWord, wordsOf }) => {
      let waiting;
      const show = () =>
        this.say(field.value, (text) => holdsWord(text, wordsOf(this.words(field))));
      field.addEventListener('input', () => {
        clearTimeout(waiting);
        waiting = setTimeout(show, restMs);
      });
      field.addEventListener('change', show);
      show();
    });
  }

  words(field) {
    const inputs = [...(field.form?.elements ?? [])].filter(({ autocomplete = '' }) =>
      autocomplete.split(' ').some((token) => naming.includes(token)),
    );
    const written = JSON.parse(this.getAttribute('words') || '[]');
    return [...written, location.hostname, ...inputs.map(({ value }) => value)];
  }

  /** `isOwn`: whether own words stand in it. */
  say(typed, isOwn) {
    const normal = typed.normalize('NFKC');
    const missing = Number(this.getAttribute('least')) - [...normal].length;
    const { more, oneMore, ownWords, enough } = this.dataset;
    const [state, text] =
      normal === ''
        ? ['empty', '']
        : isOwn(normal)
          ? ['wrong', ownWords]
          : missing > 1
            ? ['short', more.replace('{count}', String(missing))]
            : missing === 1
              ? ['short', oneMore]
              : ['good', enough];
    this.dataset.state = state;
    if (this.textContent !== text) this.textContent = text;
  }
}

customElements.define('password-words', PasswordWords);
