/*
 * What the pages gain where scripts run; every page works without. An engine too old to read this
 * ignores all of it.
 */
(() => {
  if (!document.querySelectorAll || !document.addEventListener) return;

  function each(selector, action) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), action);
  }

  var words;

  /** Passwords are checked in turn, and on a busy day that takes a while. */
  function tell(isWaiting) {
    each('[data-waiting]', (line) => {
      line.textContent = isWaiting ? line.getAttribute('data-waiting') : '';
    });
  }

  function release() {
    clearTimeout(words);
    tell(false);
    document.documentElement.removeAttribute('data-busy');
    each('form[data-sent]', (form) => {
      form.removeAttribute('data-sent');
    });
  }

  // A form goes out once. The buttons stay enabled: a disabled one would not send its value. After a
  // while it may go again: the person may have stopped it, or the answer opened an app beside this page.
  each('form[data-once]', (form) => {
    form.addEventListener('submit', (event) => {
      if (form.getAttribute('data-sent')) {
        event.preventDefault();
        return;
      }
      form.setAttribute('data-sent', 'yes');
      document.documentElement.setAttribute('data-busy', 'yes');
      words = setTimeout(tell, 1500, true);
      setTimeout(release, 10000);
    });
  });

  // Back from the browser's page cache: everything can be sent again.
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) release();
  });

  each('button[data-reveal]', (button) => {
    var field = document.getElementById(button.getAttribute('data-reveal'));
    if (!field) return;
    function show(visible) {
      field.type = visible ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(visible));
    }
    button.addEventListener('click', () => {
      show(field.type === 'password');
      field.focus();
    });
    // Sent as a password field, so that no browser keeps what was typed as ordinary text.
    if (field.form) {
      field.form.addEventListener('submit', () => {
        show(false);
      });
    }
    button.hidden = false;
  });

  // One box for several forms.
  each('input[data-copy-of]', (copy) => {
    var box = document.getElementById(copy.getAttribute('data-copy-of'));
    if (!box) return;
    copy.form.addEventListener('submit', () => {
      copy.value = box.checked ? box.value : '';
    });
  });

  // A secret after the # of a link is never sent with the address, and leaves it, and so the history, at once.
  each('input[data-from-address]', (field) => {
    var secret = location.hash.slice(1);
    if (!secret) return;
    field.value = secret;
    field.parentNode.hidden = true;
    history.replaceState(null, '', location.pathname);
  });

  // Not form.submit(): a field of that name would stand in its place.
  each('form[data-submit-at-once]', (form) => {
    HTMLFormElement.prototype.submit.call(form);
  });
})();
