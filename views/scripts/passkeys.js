/*
 * Passkeys, where browsers have them; without this, their forms stay hidden. A form says what it is for (`data-passkey`)
 * and what the browser is asked for (`data-ceremony`, the JSON form of WebAuthn Level 3), and posts what it answers.
 */
(() => {
  const forms = [...document.querySelectorAll('form[data-passkey]')];
  const api = window.PublicKeyCredential;
  if (!api || !navigator.credentials || !window.AbortController) return;

  // The JSON forms are younger than passkeys themselves.

  function bytesOf(text) {
    const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  }

  function textOf(buffer) {
    const binary = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  }

  const withBytes = (list) => list?.map((each) => ({ ...each, id: bytesOf(each.id) }));

  function requestOf(json) {
    if (api.parseRequestOptionsFromJSON) return api.parseRequestOptionsFromJSON(json);
    const { challenge, allowCredentials, ...rest } = json;
    const allowed = allowCredentials && { allowCredentials: withBytes(allowCredentials) };
    return { ...rest, ...allowed, challenge: bytesOf(challenge) };
  }

  function creationOf(json) {
    if (api.parseCreationOptionsFromJSON) return api.parseCreationOptionsFromJSON(json);
    const { challenge, user, excludeCredentials, ...rest } = json;
    return {
      ...rest,
      challenge: bytesOf(challenge),
      user: { ...user, id: bytesOf(user.id) },
      excludeCredentials: withBytes(excludeCredentials),
    };
  }

  function jsonOf(credential) {
    try {
      return credential.toJSON();
    } catch {
      // Older browsers, and password managers that stand in for the browser.
    }
    const { id, rawId, type, response } = credential;
    const names = ['clientDataJSON', 'authenticatorData', 'signature', 'attestationObject'];
    const parts = {};
    for (const name of names.filter((each) => response[each])) parts[name] = textOf(response[name]);
    if (response.userHandle) parts.userHandle = textOf(response.userHandle);
    if (response.getTransports) parts.transports = response.getTransports();
    return { id, rawId: textOf(rawId), type, response: parts, clientExtensionResults: {} };
  }

  /** One request at a time is what browsers take: the next one ends the one before. */
  let running;
  function begin() {
    if (running) running.abort();
    running = new AbortController();
    return running.signal;
  }

  function send(form, credential) {
    if (credential) form.elements.credential.value = JSON.stringify(jsonOf(credential));
    // requestSubmit() goes through the form's own listeners; the few without it need none of them.
    if (form.requestSubmit) form.requestSubmit();
    else HTMLFormElement.prototype.submit.call(form);
  }

  const ceremonyOf = (form) => JSON.parse(form.dataset.ceremony);

  function use(form, options) {
    return navigator.credentials.get({ ...options, publicKey: requestOf(ceremonyOf(form)) });
  }

  function make(form, options) {
    return navigator.credentials.create({ ...options, publicKey: creationOf(ceremonyOf(form)) });
  }

  // Passkeys among the suggestions of the field for the name.
  async function suggest(form) {
    const canSuggest = api.isConditionalMediationAvailable;
    if (!canSuggest || !(await canSuggest.call(api))) return;
    try {
      send(form, await use(form, { mediation: 'conditional', signal: begin() }));
    } catch {
      // Nobody has asked for it: nobody is told.
    }
  }

  async function onButton(form) {
    const problem = form.querySelector('[data-passkey-problem]');
    problem.textContent = '';
    const isNew = form.dataset.passkey === 'make';
    try {
      send(form, await (isNew ? make : use)(form, { signal: begin() }));
    } catch (error) {
      if (error.name === 'AbortError') return;
      // InvalidStateError: the authenticator has one of those that are not to be made again.
      const isKnown = error.name === 'InvalidStateError';
      problem.textContent = isKnown ? problem.dataset.known : problem.dataset.cancelled;
      if (form.dataset.passkey === 'sign-in') suggest(form);
    }
  }

  // A passkey that the browser makes by itself, or not: the person is on the way to the app.
  const longestOffer = 3000;
  async function offer(form) {
    const signal = begin();
    const timer = setTimeout(() => running.abort(), longestOffer);
    let credential;
    try {
      credential = await make(form, { mediation: 'conditional', signal });
    } catch {
      // Not this time.
    }
    clearTimeout(timer);
    send(form, credential);
  }

  for (const form of forms) {
    const kind = form.dataset.passkey;
    if (kind === 'offer') {
      offer(form);
      continue;
    }
    form.hidden = false;
    form.querySelector('[data-passkey-button]').addEventListener('click', () => onButton(form));
    if (kind === 'sign-in') suggest(form);
  }
  for (const hint of document.querySelectorAll('[data-without-passkeys]')) hint.hidden = true;

  const maker = document.querySelector('input[data-passkey-maker]');
  if (maker && api.getClientCapabilities) {
    api.getClientCapabilities().then(
      (capabilities) => {
        if (capabilities.conditionalCreate) maker.value = 'yes';
      },
      () => {},
    );
  }

  // What whoever keeps the passkeys should know, where the browser tells them.
  for (const element of document.querySelectorAll('[data-passkey-signals]')) {
    const { rpId, unknown, accepted, details } = JSON.parse(element.dataset.passkeySignals);
    const signal = (method, facts) => {
      if (facts && api[method]) api[method]({ rpId, ...facts }).catch(() => {});
    };
    signal('signalUnknownCredential', unknown && { credentialId: unknown });
    signal(
      'signalAllAcceptedCredentials',
      accepted && { userId: accepted.userId, allAcceptedCredentialIds: accepted.ids },
    );
    signal('signalCurrentUserDetails', details);
  }
})();
