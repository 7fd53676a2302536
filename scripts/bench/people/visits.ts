/**
 * What people do at a sign-in, each kind prepared as far as the page is open or the mail is there, so that very many can
 * go on at the same moment.
 */
import { hash, randomBytes } from 'node:crypto';
import { HOTP, Secret } from 'otpauth';
import { ceremonyOn, makePasskey, usePasskey } from '../../../harness/authenticator.ts';
import { formsOf, type Page, type UserAgent } from '../../../harness/user_agent.ts';
import { proofOfWork } from '../../../src/definitions/limits.ts';
import { redirectUri } from '../declaration.ts';
import { address, newBrowser, password } from './people.ts';

/** What is left to do; answers the status that it ends with. */
export type Visit = () => Promise<number>;
/** Where they are, and where their mails arrive. */
type Place = { issuer: string; linkFor(address: string): Promise<string> };
type Prepare = (place: Place, username: string) => Promise<Visit>;

const stopAt = redirectUri;

/** The sign-in page of a new request of this client. */
export function openSignIn(agent: UserAgent, issuer: string, client: string): Promise<Page> {
  const query = new URLSearchParams({
    ...{ client_id: client, response_type: 'code', redirect_uri: redirectUri, scope: 'openid' },
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
  });
  return agent.open(`${issuer}/authorize?${query}`);
}

/** Sends the form of a page whose address ends like this. */
const send = (agent: UserAgent, page: Page, form: string, fields: Record<string, string>) =>
  agent.submit(page, { action: new RegExp(`/${form}$`), fields, stopAt });

const withPassword =
  (typed: string): Prepare =>
  async (place, username) => {
    const agent = newBrowser();
    const page = await openSignIn(agent, place.issuer, 'app');
    return async () => (await send(agent, page, 'sign-in', { username, password: typed })).status;
  };

const recovery: Prepare = async ({ issuer }, name) => {
  const agent = newBrowser();
  const page = await agent.open(`${issuer}/recovery`);
  return async () => (await send(agent, page, 'recovery', { name })).status;
};

const registration =
  (isSolved: boolean): Prepare =>
  async ({ issuer }, name) => {
    const agent = newBrowser();
    const page = await agent.open(`${issuer}/sign-up`);
    const email = address(name);
    const solution = isSolved ? solve(page, email) : '';
    return async () => (await send(agent, page, 'sign-up', { email, solution })).status;
  };

const passkey: Prepare = async (place, username) => {
  const agent = newBrowser();
  const first = await openSignIn(agent, place.issuer, 'vault');
  const next = await send(agent, first, 'sign-in', { username, password });
  const made = makePasskey(ceremonyOn(next.html, 'make'), place.issuer);
  await send(agent, next, 'new-passkey', { credential: made.credential });
  const other = newBrowser();
  const page = await openSignIn(other, place.issuer, 'app');
  const ceremony = ceremonyOn(page.html, 'sign-in');
  const credential = usePasskey(made.passkey, ceremony, place.issuer);
  return async () => (await send(other, page, 'passkey', { credential })).status;
};

const secondFactor: Prepare = async (place, username) => {
  const agent = newBrowser();
  const first = await openSignIn(agent, place.issuer, 'bank');
  const setUp = await send(agent, first, 'sign-in', { username, password });
  const [, shown = ''] = /<code class="typed-secret">([A-Z2-7 ]+)</.exec(setUp.html) ?? [];
  const secret = Secret.fromBase32(shown.replaceAll(' ', ''));
  const step = () => Math.floor(Date.now() / 30_000);
  const codeAt = (counter: number) => HOTP.generate({ secret, counter, digits: 6 });
  const spent = step();
  await send(agent, setUp, 'authenticator-app', { code: codeAt(spent) });
  const other = newBrowser();
  const again = await openSignIn(other, place.issuer, 'bank');
  const page = await send(other, again, 'sign-in', { username, password });
  return async () => {
    const code = codeAt(Math.max(step(), spent + 1));
    return (await send(other, page, 'second-factor', { code })).status;
  };
};

const mailLink: Prepare = async (place, username) => {
  const ask = await recovery(place, username);
  await ask();
  const link = await place.linkFor(address(username));
  return async () => {
    const agent = newBrowser();
    const page = await agent.open(link);
    const chosen = { password: 'four words that nobody knows' };
    return (await send(agent, page, 'new-password', chosen)).status;
  };
};

/** By kind; people with this kind of name have what it takes (`kinds`). */
export const visits: Record<string, Prepare> = {
  right: withPassword(password),
  wrong: withPassword('a-password-of-nobody'),
  unknown: withPassword(password),
  recovery,
  nobody: recovery,
  solved: registration(true),
  unsolved: registration(false),
  passkey,
  factor: secondFactor,
  link: mailLink,
};

/** What each kind is, for whoever reads the results. */
export const descriptions: Record<keyof typeof visits, string> = {
  right: 'passwords, right',
  wrong: 'passwords, wrong',
  unknown: 'passwords, of unknown names',
  recovery: 'recoveries',
  nobody: 'recoveries of unknown names',
  solved: 'registrations with the task solved',
  unsolved: 'registrations without',
  passkey: 'passkeys',
  factor: 'codes of a second factor',
  link: 'links of mails opened, and new passwords',
};

export const hasPassword = ['right', 'wrong', 'passkey', 'factor'];
export const hasMailOnly = ['recovery', 'link'];

/** As the script of the page does (views/scripts/sign_up.js). */
function solve(page: Page, text: string): string {
  const form = formsOf(page.html).find(({ action }) => action.endsWith('/sign-up'));
  const challenge = new Map(form?.fields).get('challenge') ?? '';
  const message = Buffer.alloc(40);
  hash('sha256', `${challenge} ${text}`, 'buffer').copy(message);
  const numbers = Array.from({ length: proofOfWork.puzzles }, (_, puzzle) => {
    message.writeUInt32BE(puzzle, 32);
    for (let number = 0; ; number += 1) {
      message.writeUInt32BE(number, 36);
      const digest = hash('sha256', message, 'buffer').readUInt32BE(0);
      if (digest >>> (32 - proofOfWork.bits) === 0) return number;
    }
  });
  return numbers.join('-');
}
