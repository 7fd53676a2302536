/*
 * The proof of work of a registration: before the form is sent, the browser looks for a number for each of some puzzles,
 * so that SHA-256 over the digest of challenge and address, the puzzle's number and that number begins with zero bits
 * (src/registration/proof_of_work.ts). In slices, so that the page stays alive. The form works without it, too.
 */
(() => {
  const form = document.querySelector('form[data-work]');
  if (!form || !window.TextEncoder || !window.Uint32Array) return;

  const status = form.querySelector('[data-work-status]');
  const progress = form.querySelector('[data-work-progress]');
  const puzzles = Number(form.getAttribute('data-work'));
  const bits = Number(form.getAttribute('data-work-bits'));
  const sliceMs = 12;
  let isWorking = false;

  // FIPS 180-4: the first 32 bits of the fractional parts of roots of primes.
  const constants = new Uint32Array(64);
  const initial = new Uint32Array(8);
  for (let prime = 2, found = 0; found < 64; prime += 1) {
    let isPrime = true;
    for (let factor = 2; factor * factor <= prime; factor += 1) {
      if (prime % factor === 0) isPrime = false;
    }
    if (!isPrime) continue;
    const roots = [Math.sqrt(prime), Math.cbrt(prime)];
    if (found < 8) initial[found] = (roots[0] - Math.floor(roots[0])) * 4294967296;
    constants[found] = (roots[1] - Math.floor(roots[1])) * 4294967296;
    found += 1;
  }

  const words = new Uint32Array(64);

  /** Takes 16 words into the state. */
  function compress(state, block) {
    for (let i = 0; i < 16; i += 1) words[i] = block[i];
    for (let i = 16; i < 64; i += 1) {
      const early = words[i - 15];
      const late = words[i - 2];
      const s0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
      const s1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
      words[i] = (words[i - 16] + s0 + words[i - 7] + s1) | 0;
    }
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 64; i += 1) {
      const S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + S1 + ((e & f) ^ (~e & g)) + constants[i] + words[i]) | 0;
      const S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }

  /** The digest of a text, as eight words. */
  function digestOf(text) {
    const bytes = new TextEncoder().encode(text);
    const blocks = Math.ceil((bytes.length + 9) / 64);
    const padded = new DataView(new ArrayBuffer(blocks * 64));
    for (let i = 0; i < bytes.length; i += 1) padded.setUint8(i, bytes[i]);
    padded.setUint8(bytes.length, 0x80);
    padded.setUint32(blocks * 64 - 4, bytes.length * 8);
    const state = initial.slice();
    const block = new Uint32Array(16);
    for (let at = 0; at < blocks * 64; at += 64) {
      for (let word = 0; word < 16; word += 1) block[word] = padded.getUint32(at + word * 4);
      compress(state, block);
    }
    return state;
  }

  /** Calls `done` with the solution. */
  function solve(text, done) {
    const block = new Uint32Array(16);
    block.set(digestOf(text));
    // 40 bytes: the digest, the puzzle, the number, and SHA-256's own end.
    block[10] = 0x80000000;
    block[15] = 320;
    const state = new Uint32Array(8);
    const numbers = [];

    function work() {
      const until = Date.now() + sliceMs;
      while (numbers.length < puzzles) {
        for (let tries = 0; tries < 500; tries += 1) {
          state.set(initial);
          compress(state, block);
          if (state[0] >>> (32 - bits) === 0) {
            numbers.push(block[9]);
            block[8] = numbers.length;
            block[9] = 0;
            progress.value = numbers.length;
            break;
          }
          block[9] += 1;
        }
        if (Date.now() > until) {
          setTimeout(work, 0);
          return;
        }
      }
      done(numbers.join('-'));
    }
    work();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (isWorking) return;
    isWorking = true;
    const email = form.elements.email;
    email.readOnly = true;
    status.textContent = status.getAttribute('data-work-status');
    progress.hidden = false;
    solve(`${form.elements.challenge.value} ${email.value.trim()}`, (solution) => {
      form.elements.solution.value = solution;
      // Not form.submit(): a field of that name would stand in its place.
      HTMLFormElement.prototype.submit.call(form);
    });
  });

  // Back from the browser's page cache: the next address is another task.
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    isWorking = false;
    form.elements.email.readOnly = false;
    form.elements.solution.value = '';
    status.textContent = '';
    progress.hidden = true;
    progress.value = 0;
  });
})();
