/*
 * What the console gains where scripts run: times in words, copying, the palette, a warning before typed text is lost.
 * Every page works without.
 */
class RelativeTime extends HTMLElement {
  connectedCallback() {
    const at = Date.parse(this.getAttribute('datetime') ?? '');
    const time = this.querySelector('time');
    if (!time || Number.isNaN(at)) return;
    time.title = time.textContent ?? '';
    const tell = () => {
      time.textContent = relative(at - Date.now());
    };
    tell();
    this.timer = setInterval(tell, 30_000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }
}

const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

function relative(ms) {
  const seconds = Math.round(ms / 1000);
  if (Math.abs(seconds) < 45) return seconds <= 0 ? 'just now' : 'in some seconds';
  const [unit, size] = units.find(([, each]) => Math.abs(seconds) >= each) ?? ['minute', 60];
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  return format.format(Math.round(seconds / size), unit);
}

class CopyButton extends HTMLElement {
  connectedCallback() {
    if (!navigator.clipboard || this.firstChild) return;
    const button = document.createElement('button');
    const isWide = this.hasAttribute('wide');
    button.type = 'button';
    button.className = isWide ? 'button copy-wide' : 'copy';
    const label = this.getAttribute('label') ?? 'Copy';
    button.setAttribute('aria-label', label);
    button.title = label;
    button.textContent = 'Copy';
    const told = document.createElement('span');
    told.className = 'unseen';
    told.setAttribute('role', 'status');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(this.getAttribute('value') ?? '');
        button.textContent = told.textContent = 'Copied';
      } catch {
        button.textContent = told.textContent = 'Not copied';
      }
      setTimeout(() => {
        button.textContent = 'Copy';
        told.textContent = '';
      }, 2000);
    });
    this.append(button, told);
  }
}

customElements.define('relative-time', RelativeTime);
customElements.define('copy-button', CopyButton);

/* Of the scopes of all APIs those of the chosen ones are shown, and what is ticked already. */
for (const boxes of document.querySelectorAll('[data-groups-of]')) {
  const { form } = boxes.querySelector('input') ?? {};
  const groups = [...boxes.querySelectorAll('[data-group]')];
  const show = () => {
    const chosen = new FormData(form)
      .getAll(boxes.dataset.groupsOf)
      .flatMap((text) => text.split('\n'));
    for (const group of groups) {
      const isTicked = group.querySelector(':checked') !== null;
      group.hidden = !isTicked && !chosen.some((text) => text.trim() === group.dataset.group);
    }
    const isNone = boxes.querySelector('.box-group:not([hidden])') === null;
    boxes.querySelector('[data-no-group]').hidden = !isNone;
  };
  if (form && groups.length > 1) {
    form.addEventListener('change', show);
    show();
  }
}

/* There is always room for one more, and for no more than one. */
for (const rows of document.querySelectorAll('[data-rows]')) {
  const inputsOf = (row) =>
    row.matches('input') ? [row] : [...row.querySelectorAll('input:not([type=hidden])')];
  const isEmpty = (row) => inputsOf(row).every(({ value }) => value === '');
  const isSpare = () =>
    rows.children.length > 1 && isEmpty(rows.children.item(rows.children.length - 2));
  while (isEmpty(rows.lastElementChild) && isSpare()) rows.lastElementChild.remove();
  rows.addEventListener('input', () => {
    const last = rows.lastElementChild;
    if (isEmpty(last)) return;
    const next = last.cloneNode(true);
    for (const input of [next, ...next.querySelectorAll('input')].filter((one) =>
      one.matches('input'),
    )) {
      input.value = '';
      input.removeAttribute('placeholder');
      const label = input.getAttribute('aria-label') ?? '';
      input.setAttribute('aria-label', label.replace(/\d+$/, String(rows.children.length + 1)));
    }
    rows.append(next);
  });
}

/* What is typed and not sent is not lost unasked. */
for (const form of document.querySelectorAll('form[data-unsaved]')) {
  const text = (value) => (typeof value === 'string' ? value : value.name);
  const state = () =>
    [...new FormData(form)].map(([name, value]) => [name, text(value)]).join('\n');
  const first = state();
  let isSent = false;
  form.addEventListener('submit', () => {
    isSent = true;
  });
  window.addEventListener('beforeunload', (event) => {
    if (!isSent && state() !== first) event.preventDefault();
  });
}

/* How many are chosen in a group that may be folded. */
for (const group of document.querySelectorAll('.option-group')) {
  group.addEventListener('change', () => {
    const { length } = group.querySelectorAll(':checked');
    group.querySelector('[data-count]').textContent = length > 0 ? `${length} chosen` : '';
  });
}

/* A choice is made at once; the button is for those without scripts. */
for (const form of document.querySelectorAll('form[data-filters]')) {
  for (const select of form.querySelectorAll('select')) {
    // One that says nothing by itself waits for the other, unless that is there or this is taken away.
    const other = select.dataset.needs ? form.elements[select.dataset.needs] : undefined;
    select.addEventListener('change', () => {
      if (other && select.value && !other.value) other.focus();
      else form.requestSubmit();
    });
  }
  // An address without empty filters.
  form.addEventListener('formdata', ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === '') formData.delete(name);
  });
}

/* What is not finished is looked at again; a link does it for those without scripts. */
for (const { dataset } of document.querySelectorAll('[data-reload]')) {
  setTimeout(() => location.reload(), Number(dataset.reload) * 1000);
}

/* The look of the sign-in pages, shown while it is typed: what the button "Preview" answers, without a new page. */
const look = document.querySelector('form[data-look]');
if (look) {
  const frames = [...document.querySelectorAll('.preview iframe')];
  const fit = (frame) => {
    const box = frame.parentElement;
    frame.style.height = box.style.height = '';
    const height = frame.contentDocument?.body?.offsetHeight ?? 0;
    const scale = frame.getBoundingClientRect().width / frame.offsetWidth;
    if (height <= frame.offsetHeight || !scale) return;
    frame.style.height = `${height}px`;
    box.style.height = `${height * scale}px`;
  };
  for (const frame of frames) {
    frame.addEventListener('load', () => fit(frame));
    fit(frame);
  }
  look.querySelector('[data-preview]').remove();

  let asked = 0;
  let timer;
  const preview = async () => {
    const mine = ++asked;
    const body = new FormData(look);
    body.set('preview', 'yes');
    const response = await fetch(look.action, { method: 'POST', body }).catch(() => undefined);
    if (!response?.ok || response.redirected || mine !== asked) return;
    const found = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (mine !== asked) return;
    for (const [index, { srcdoc }] of [...found.querySelectorAll('.preview iframe')].entries()) {
      const frame = frames[index];
      if (frame && frame.srcdoc !== srcdoc) frame.srcdoc = srcdoc;
    }
    for (const field of look.querySelectorAll('[id^=field-]:is(input)')) {
      const answered = found.getElementById(field.id);
      for (const name of ['aria-invalid', 'aria-describedby']) {
        const value = answered?.getAttribute(name);
        if (value) field.setAttribute(name, value);
        else field.removeAttribute(name);
      }
      const row = field.closest('.row');
      for (const message of row.querySelectorAll('.wrong, .advice')) message.remove();
      row.append(...(answered?.closest('.row').querySelectorAll('.wrong, .advice') ?? []));
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(preview, 250);
  };
  look.addEventListener('input', soon);
  // Too much to send at all.
  const file = look.querySelector('input[type=file]');
  file?.addEventListener('input', () => {
    const [chosen] = file.files;
    const most = Number(file.dataset.most);
    if (!chosen || chosen.size <= most) return file.setCustomValidity('');
    const kib = Math.ceil(chosen.size / 1024).toLocaleString('en');
    file.value = '';
    file.setCustomValidity(`${chosen.name} has ${kib} KiB, and ${most / 1024} KiB are the most.`);
    file.reportValidity();
  });
  document.querySelector('select[form=look]')?.addEventListener('change', soon);

  for (const picker of look.querySelectorAll('[data-colour-of]')) {
    const field = document.getElementById(picker.dataset.colourOf);
    picker.hidden = false;
    picker.addEventListener('input', () => {
      field.value = picker.value;
    });
    field.addEventListener('input', () => {
      if (/^#[0-9a-f]{6}$/i.test(field.value)) picker.value = field.value;
    });
  }
}

const menu = document.querySelector('[data-menu]');
document.addEventListener('click', ({ target }) => {
  if (menu?.open && !menu.contains(target)) menu.open = false;
});
document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape' || !menu?.open) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

/* The palette: places at once, and what the search page finds. */
const dialog = document.querySelector('[data-palette-dialog]');
const search = document.querySelector('[data-palette]');
if (dialog && search) {
  const input = dialog.querySelector('[data-palette-input]');
  const list = dialog.querySelector('[data-palette-results]');
  const places = [...list.children];
  const credentials = new RegExp(search.dataset.credentials);
  let asked = 0;
  let timer;

  /* A token or a key is in no address: the inspector gets it in a form. */
  const inspect = (token) => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'post', action: search.dataset.inspect, hidden: true });
    const known = document.querySelector('input[name=form_token]')?.value ?? '';
    for (const [name, value] of Object.entries({ form_token: known, token })) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name, value });
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  };
  const inspectOption = (token) => {
    const item = document.createElement('li');
    item.setAttribute('role', 'presentation');
    const option = document.createElement('a');
    option.setAttribute('role', 'option');
    option.tabIndex = -1;
    option.href = search.dataset.inspect;
    const [label, kind] = [document.createElement('span'), document.createElement('span')];
    label.textContent = 'Inspect this token or key';
    kind.className = 'muted small';
    kind.textContent = 'Do';
    option.append(label, kind);
    option.addEventListener('click', (event) => {
      event.preventDefault();
      inspect(token);
    });
    item.append(option);
    return item;
  };

  const options = () => [...list.querySelectorAll('[role=option]')];
  const select = (index) => {
    const all = options();
    for (const [position, option] of all.entries()) {
      option.setAttribute('aria-selected', String(position === index));
      option.id = `palette-${position}`;
    }
    const chosen = all[index];
    chosen?.scrollIntoView({ block: 'nearest' });
    if (chosen) input.setAttribute('aria-activedescendant', chosen.id);
    else input.removeAttribute('aria-activedescendant');
  };
  const selected = () => options().findIndex((option) => option.ariaSelected === 'true');

  const find = async (text) => {
    const mine = ++asked;
    const url = `${search.action}?${new URLSearchParams({ q: text })}`;
    const response = await fetch(url, { headers: { accept: 'text/html' } }).catch(() => undefined);
    // Whoever is not signed in any more is led to the sign-in by the page, not by the palette.
    if (!response?.ok || response.redirected || mine !== asked) return;
    const found = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (mine !== asked) return;
    const items = [...found.querySelectorAll('#results a')].map((link) => {
      const item = document.createElement('li');
      item.setAttribute('role', 'presentation');
      link.setAttribute('role', 'option');
      link.tabIndex = -1;
      item.append(document.adoptNode(link));
      return item;
    });
    list.replaceChildren(...items);
    select(0);
  };

  const show = () => {
    const text = input.value.trim();
    clearTimeout(timer);
    asked += 1;
    if (credentials.test(text)) {
      list.replaceChildren(inspectOption(text));
      select(0);
      return;
    }
    const words = text.toLowerCase();
    list.replaceChildren(
      ...places.filter((place) => place.textContent.toLowerCase().includes(words)),
    );
    select(0);
    if (text) timer = setTimeout(find, 150, text);
  };

  const open = () => {
    if (dialog.open) return;
    input.value = '';
    show();
    dialog.showModal();
    input.focus();
  };

  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const key = search.querySelector('[data-shortcut]');
  if (key) {
    key.hidden = false;
    if (isMac) key.textContent = '⌘ K';
  }
  search.querySelector('input').addEventListener('pointerdown', (event) => {
    event.preventDefault();
    open();
  });
  document.addEventListener('keydown', (event) => {
    if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    open();
  });
  input.addEventListener('input', show);
  // The whole of it: a field takes only the beginning of a token.
  input.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text').trim() ?? '';
    if (!credentials.test(text)) return;
    event.preventDefault();
    input.value = '';
    clearTimeout(timer);
    asked += 1;
    list.replaceChildren(inspectOption(text));
    select(0);
  });
  search.addEventListener('submit', (event) => {
    const text = search.querySelector('input').value.trim();
    if (!credentials.test(text)) return;
    event.preventDefault();
    inspect(text);
  });
  dialog.addEventListener('keydown', (event) => {
    const count = options().length;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (count > 0) select((selected() + step + count) % count);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      options()[selected()]?.click();
    }
  });
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
}

// What the browser focuses by itself it brings into sight at once; what makes room for itself afterwards moves it out again.
window.addEventListener('load', () => {
  const focused = document.activeElement;
  if (focused?.hasAttribute('autofocus')) focused.scrollIntoView({ block: 'nearest' });
});
