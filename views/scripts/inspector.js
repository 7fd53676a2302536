/*
 * "Keep it in this browser": with that on, the form is not sent. The very modules that the server runs decode the token
 * and verify it by the Web Cryptography API; the public keys are all that is loaded, and they are the same for everybody.
 */
const page = document.getElementById('inspector');
const form = page.querySelector('form');
const result = document.getElementById('report');
const keep = document.getElementById('keep');
const texts = JSON.parse(page.dataset.texts);

// The Web Cryptography API is there on secure origins only.
if (globalThis.crypto?.subtle) document.getElementById('keep_row').hidden = false;

keep.addEventListener('change', () => {
  document.getElementById('privacy').hidden = keep.checked;
});

form.addEventListener('submit', async (event) => {
  if (!keep.checked) return;
  event.preventDefault();
  try {
    await inspectHere();
  } catch {
    show([element('p', 'tool-nothing', texts.unable)]);
  }
});

async function inspectHere() {
  const [{ inspectLocally }, { parseExpectations }, { wordReport }, jwks] = await Promise.all([
    import(`${page.dataset.modules}/inspect_locally.js`),
    import(`${page.dataset.modules}/expectations.js`),
    import(`${page.dataset.modules}/wording.js`),
    fetch(page.dataset.jwks, { credentials: 'omit' }).then((response) => response.json()),
  ]);
  const fields = Object.fromEntries(new FormData(form));
  const { expectations, problems } = parseExpectations(fields);
  const found = Object.entries(problems);
  if (fields.token.trim() === '') {
    show([element('p', 'tool-nothing', texts.missing)]);
    return;
  }
  if (found.length > 0) {
    const lines = found.map(([name, code]) => `${texts[name]} ${texts.problems[code]}`);
    show(lines.map((line) => element('p', 'tool-nothing field-problem', line)));
    return;
  }
  const report = await inspectLocally({
    text: fields.token,
    expectations,
    issuer: page.dataset.issuer,
    keys: jwks.keys,
    apis: JSON.parse(page.dataset.apis),
    now: Date.now(),
  });
  show(reportElements(wordReport(report, texts, document.documentElement.lang)));
}

function show(elements) {
  result.replaceChildren(...elements);
  // Of a long report its beginning is what has to be in sight.
  (result.querySelector('.verdict') ?? result).focus();
}

/** As views/parts/inspector/report.eta has it. */
function reportElements({ kind, verdict, headline, reason, at, sections }) {
  const head = element('div', `verdict verdict-${verdict}`);
  head.tabIndex = -1;
  head.append(element('p', 'verdict-kind', kind), element('h2', 'verdict-headline', headline));
  if (reason) head.append(isolated('p', 'verdict-reason', reason));
  head.append(element('p', 'verdict-at', texts.inspected_at.replace('{time}', at)));
  return [head, ...sections.map(sectionElement)];
}

function sectionElement({ title, statements, members }) {
  const kind = members.length === 0 ? 'finding finding-checks' : 'finding';
  const section = element('section', kind);
  section.append(element('h3', '', title));
  if (statements.length > 0) {
    const list = element('ul', 'statements');
    list.append(...statements.map(statementElement));
    section.append(list);
  }
  if (members.length > 0) {
    const list = element('dl', 'members');
    list.append(...members.map(memberElement));
    section.append(list);
  }
  return section;
}

function statementElement({ level, text }) {
  const item = element('li', 'statement');
  item.append(element('span', `level level-${level}`, texts.levels[level]));
  item.append(isolated('span', '', text));
  return item;
}

function memberElement({ name, value, time, relative, words }) {
  const row = element('div');
  const [term, description] = [element('dt'), element('dd')];
  term.append(isolated('code', '', name));
  description.append(isolated('code', '', value));
  if (time) description.append(element('span', 'member-time', `${time} · ${relative}`));
  if (words) description.append(element('span', 'member-words', words));
  row.append(term, description);
  return row;
}

function element(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** Values of strangers do not turn the direction of what is around them. */
function isolated(name, className, text) {
  const made = element(name, className);
  made.append(element('bdi', '', text));
  return made;
}

// What the browser focuses by itself it brings into sight at once; what makes room for itself afterwards moves it out again.
window.addEventListener('load', () => {
  const focused = document.activeElement;
  if (focused?.hasAttribute('autofocus')) focused.scrollIntoView({ block: 'nearest' });
});
