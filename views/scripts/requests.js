/*
 * Sends the requests that the tester builds, from this page to this server. Secrets are read from their fields as they
 * are sent, and kept nowhere; what a sign-in needs when the browser is back is in the storage of this tab.
 */
const page = document.getElementById('requests');
const form = page.querySelector('form');
const result = document.getElementById('steps');
const texts = JSON.parse(page.dataset.texts);
const endpoints = JSON.parse(page.dataset.endpoints);
const kept = 'cardea request';
const ownAddress = location.origin + location.pathname;
const inspectable = ['access_token', 'id_token', 'refresh_token'];

const messages = await import(`${page.dataset.modules}/request_messages.js`);

form.addEventListener('submit', async (event) => {
  const fields = typedFields();
  // The server says which field is missing.
  if (messages.missingFields(fields).length > 0) return;
  event.preventDefault();
  await build(fields);
});

const flow = document.getElementById('flow');
flow.addEventListener('change', showFields);
showFields();
if (document.getElementById('returned')) takeAnswer();
// Sent before this script was there: the server has built the messages, and here they can be sent.
else if (result.querySelector('[data-step]')) await build(typedFields());

function typedFields() {
  const { flow, ...typed } = Object.fromEntries(new FormData(form));
  const trimmed = Object.entries(typed).map(([name, value]) => [name, value.trim()]);
  return { flow, resource: '', ...Object.fromEntries(trimmed) };
}

async function build(fields) {
  const proofs = await messages.newProofs();
  showSteps(fields, proofs);
  result.focus();
}

function showFields() {
  form.querySelector('[data-field=redirect_uri]').hidden = flow.value !== 'authorization_code';
  form.querySelector('[data-field=client_id]').hidden = flow.value === 'api_key';
}

/** The code is used once, here, if it belongs to a request of this tab. It leaves the address at once. */
function takeAnswer() {
  const answer = new URLSearchParams(location.search);
  history.replaceState(null, '', location.pathname);
  const sent = JSON.parse(sessionStorage.getItem(kept) ?? 'null');
  sessionStorage.removeItem(kept);
  const refusal = refusalOf(answer, sent);
  if (refusal) result.append(element('p', 'field-problem', refusal));
  else if (answer.has('code')) showSteps(sent.fields, sent.proofs, answer);
}

function refusalOf(answer, sent) {
  if (!sent) return texts.expired;
  if (answer.get('state') !== sent.proofs.state) return texts.state_wrong;
  const issuer = answer.get('iss');
  return issuer !== null && issuer !== page.dataset.issuer ? texts.iss_wrong : undefined;
}

/** With an answer of the sign-in page: what is left to do. */
function showSteps(fields, proofs, answer) {
  const steps = messages.buildSteps(fields, endpoints, proofs);
  const sections = steps.map((step, index) => stepElement(step, index, { fields, proofs, answer }));
  if (answer) result.append(...sections.slice(2));
  else result.replaceChildren(...sections);
}

function stepElement({ name, message }, index, { fields, proofs, answer }) {
  const section = element('section', 'finding step');
  const heading = element('h2');
  const number = element('span', 'step-number', texts.step.replace('{number}', index + 1));
  heading.append(number, ` ${texts.steps[name]}`);
  section.append(heading, textBlock(messages.messageText(message), texts.message));
  if (name === 'callback') return section;
  section.append(commandElement(message));
  if (name === 'authorize' && fields.redirect_uri === ownAddress) {
    section.append(openButton(message, { fields, proofs }));
  }
  const canSend = name === 'token' || (name === 'redeem' && answer);
  if (canSend) section.append(sendElement(message, { $CODE: answer?.get('code') }));
  return section;
}

function commandElement(message) {
  const details = element('details', 'details');
  const hint = element('p', 'small muted', texts.curl_hint);
  const command = textBlock(messages.curlText(message), texts.curl);
  details.append(element('summary', '', texts.curl), command, hint);
  return details;
}

function openButton(message, request) {
  const row = element('div', 'step-send');
  const button = element('button', 'button button-primary', texts.open);
  button.type = 'button';
  button.addEventListener('click', () => {
    sessionStorage.setItem(kept, JSON.stringify(request));
    location.assign(message.url);
  });
  row.append(button);
  return row;
}

/** The fields of what the message leaves open, and a button that sends it. */
function sendElement(message, known) {
  const row = element('form', 'step-send');
  const text = JSON.stringify(message);
  const open = [
    ['$CLIENT_SECRET', texts.secret, texts.secret_hint],
    ['$SUBJECT_TOKEN', texts.subject_token, ''],
  ].filter(([name]) => text.includes(name));
  const inputs = open.map(([name, label, hint]) => secretField(row, name, label, hint));
  const button = element('button', 'button button-primary', texts.send);
  const output = element('div');
  row.append(button);
  row.addEventListener('submit', async (event) => {
    event.preventDefault();
    const values = { ...known, ...Object.fromEntries(inputs.map(({ id, value }) => [id, value])) };
    output.replaceChildren(...(await send(message, values)));
  });
  const whole = element('div');
  whole.append(row, output);
  return whole;
}

function secretField(row, name, label, hint) {
  const field = element('div', 'field');
  const input = element('input', 'input mono');
  Object.assign(input, { id: name, type: 'password', autocomplete: 'off', required: true });
  const title = element('label', '', label);
  title.htmlFor = name;
  field.append(title, input);
  if (hint) field.append(element('p', 'small muted', hint));
  row.append(field);
  return input;
}

async function send({ url, headers, fields }, values) {
  const filled = (value) => values[value] ?? value;
  const sent = headers.map(([name, value]) => [name, withSecret(value, values.$CLIENT_SECRET)]);
  try {
    const response = await fetch(url, {
      method: 'POST',
      credentials: 'omit',
      headers: Object.fromEntries(sent),
      body: new URLSearchParams(fields.map(([name, value]) => [name, filled(value)])),
    });
    return responseElements(response, await response.text());
  } catch (error) {
    return [element('p', 'field-problem', texts.failed.replace('{reason}', error.message))];
  }
}

/** RFC 6749 section 2.3.1: both parts are form-encoded, then put together. */
function withSecret(value, secret) {
  const [, clientId] = /^Basic (.*):\$CLIENT_SECRET$/.exec(value) ?? [];
  return clientId === undefined
    ? value
    : `Basic ${btoa(`${clientId}:${encodeURIComponent(secret)}`)}`;
}

function responseElements(response, body) {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${response.status} ${response.statusText}`, ...headers].join('\n');
  const answer = parsed(body);
  const shown = answer ? JSON.stringify(answer, undefined, 2) : body;
  const tokens = inspectable.filter((name) => typeof answer?.[name] === 'string');
  const row = element('div', 'step-inspect');
  row.append(...tokens.map((name) => inspectElement(name, answer[name])));
  const headBlock = textBlock(head, texts.headers);
  headBlock.classList.add('message-head');
  return [element('h3', '', texts.response), headBlock, textBlock(shown, texts.response), row];
}

/** By POST: a token is never in an address. */
function inspectElement(name, token) {
  const row = element('form');
  row.method = 'post';
  row.action = '../inspect';
  const value = element('input');
  Object.assign(value, { type: 'hidden', name: 'token', value: token });
  row.append(value, element('button', 'button', texts.inspect.replace('{name}', name)));
  return row;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textBlock(text, label) {
  const block = element('pre', 'message', text);
  block.tabIndex = 0;
  block.setAttribute('aria-label', label);
  block.setAttribute('role', 'group');
  return block;
}

function element(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}
