/*
 * What the account pages gain where scripts run: times in the browser's own time zone, and a button that copies.
 */
(() => {
  if (!document.querySelectorAll || !window.Intl) return;

  function each(selector, action) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), action);
  }

  var forms = {
    moment: { dateStyle: 'medium', timeStyle: 'short' },
    clock: { timeStyle: 'medium' },
    day: { dateStyle: 'long' },
  };
  // As the browser's person writes times, where they read the language of the page.
  var page = document.documentElement.lang;
  var language = page;
  Array.prototype.slice.call(navigator.languages || []).some((known) => {
    if (known.split('-')[0] !== page) return false;
    language = known;
    return true;
  });
  each('time[data-time]', (element) => {
    var at = new Date(element.getAttribute('datetime'));
    var form = forms[element.getAttribute('data-time')];
    if (form && !Number.isNaN(at.getTime())) {
      element.textContent = new Intl.DateTimeFormat(language, form).format(at);
    }
  });

  each('button[data-copy]', (button) => {
    var source = document.getElementById(button.getAttribute('data-copy'));
    if (!source || !navigator.clipboard) return;
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(source.textContent).then(() => {
        button.textContent = button.getAttribute('data-copied');
      });
    });
    button.hidden = false;
  });
})();
