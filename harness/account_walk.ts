/**
 * The life of an account, in real browsers: somebody registers on the way to an app, adds a passkey, signs in with it in
 * a second browser, loses it, recovers by mail, and ends a session from afar. The app's page tells what an API that
 * verifies tokens offline says of each token. The test of it and the pictures of the documentation take the same way.
 */
import type { Page } from 'playwright-core';
import { addVirtualAuthenticator, withoutSuggestions } from './virtual_authenticator.ts';

const email = 'erin@mail.example';
const name = 'Erin Ellis';
const firstPassword = 'lanterns and larks at nine';
const secondPassword = 'gravel under every window';

/** Far beyond the promise, for busy machines, and far below the life of a token. Milliseconds. */
const longestLook = 30_000;

export type AccountPage =
  | 'sign_up'
  | 'new_account'
  | 'ways'
  | 'passkey'
  | 'recovery'
  | 'sessions'
  | 'ended';

export type AccountWalk = {
  issuer: string;
  /** The demonstration app. */
  shop: string;
  /** A browser of its own, without cookies; whoever gives it closes it. */
  newBrowser(): Promise<Page>;
  /** Called before a mail is asked for; what it answers resolves to the link in the next one. */
  nextLink(address: string): Promise<() => Promise<string>>;
  /** Called at each page that is worth a look. */
  look?: (name: AccountPage, page: Page) => Promise<void>;
};

/** Throws where a page is not what it should be, or a token does not live and die as the pages say. */
export async function walkAccount({
  issuer,
  shop,
  newBrowser,
  nextLink,
  look = async () => {},
}: AccountWalk): Promise<void> {
  const browse = async () => {
    const page = await newBrowser();
    await page.addInitScript(withoutSuggestions);
    return handsAt(page);
  };
  const toSignIn = async (hands: Hands) => {
    await hands.page.goto(`${shop}/sign-in`);
    await hands.heading('Sign in');
  };
  const signIn = async (hands: Hands, password: string) => {
    await hands.type('Username or email', email);
    await hands.type('Password', password);
    await hands.press('Sign in');
  };
  const allow = async (hands: Hands) => {
    await hands.heading('Shop would like access to your account');
    await hands.press('Allow');
    await hands.heading(`Welcome, ${name}`);
    await hands.says('answered 200');
  };
  /** Asks the API again, until it has heard that the token is revoked. */
  const refusedAtApi = async ({ page }: Hands) => {
    const refusal = page.getByText('answered 401');
    const end = performance.now() + longestLook;
    while ((await refusal.count()) === 0) {
      if (performance.now() > end) throw new Error('the API still accepts a token that is over');
      await page.reload();
    }
  };

  const laptop = await browse();
  await toSignIn(laptop);
  await laptop.follow('Create an account');
  await laptop.type('Email address', email);
  await look('sign_up', laptop.page);
  const welcome = await nextLink(email);
  await laptop.press('Send the mail');
  await laptop.heading('Check your mail');
  await laptop.page.goto(await welcome());
  await laptop.type('Your name (optional)', name);
  await laptop.type('Password', firstPassword);
  await look('new_account', laptop.page);
  await laptop.press('Create the account');
  await laptop.heading('Your account is ready');
  await laptop.follow('Sign in');
  await signIn(laptop, firstPassword);
  await allow(laptop);

  const authenticator = await addVirtualAuthenticator(laptop.page);
  await laptop.page.goto(`${issuer}/account/ways`);
  await laptop.follow('Add a passkey');
  await laptop.press('Add a passkey');
  await laptop.says('You can sign in with it from now on.');
  await look('ways', laptop.page);
  const [passkey] = await authenticator.credentials();
  if (!passkey) throw new Error('no passkey was made');

  const second = await browse();
  await (await addVirtualAuthenticator(second.page)).receive(passkey);
  await toSignIn(second);
  await look('passkey', second.page);
  await second.press('Sign in with a passkey');
  await allow(second);
  await laptop.page.goto(shop);
  await laptop.says('answered 200');

  // The device is gone, and the passkey with it.
  const third = await browse();
  await toSignIn(third);
  await third.follow('Forgot your password?');
  await third.type('Username or email', email);
  const wayBack = await nextLink(email);
  await third.press('Send the mail');
  await third.heading('Check your mail');
  await third.page.goto(await wayBack());
  await third.type('New password', secondPassword);
  await look('recovery', third.page);
  await third.press('Save the password');
  await third.heading('Your password is changed');
  await refusedAtApi(laptop);
  await refusedAtApi(second);
  await laptop.page.goto(`${issuer}/account`);
  await laptop.heading('Sign in');

  await third.follow('Sign in');
  await signIn(third, secondPassword);
  await allow(third);
  await toSignIn(second);
  await signIn(second, secondPassword);
  // What the app may keep, it keeps beyond the session.
  await second.page.getByRole('checkbox', { name: /^Keep access/ }).uncheck();
  await allow(second);

  await third.page.goto(`${issuer}/account/sessions`);
  await third.says('This browser');
  await look('sessions', third.page);
  await third.press('Sign out everywhere else');
  await third.says('You are signed out everywhere else by');
  await look('ended', third.page);
  await refusedAtApi(second);
  await second.page.goto(`${issuer}/account`);
  await second.heading('Sign in');
  await third.page.goto(shop);
  await third.says('answered 200');
}

type Hands = ReturnType<typeof handsAt>;

function handsAt(page: Page) {
  return {
    page,
    press: (name: string) => page.getByRole('button', { name, exact: true }).click(),
    type: (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text),
    follow: (name: string) => page.getByRole('link', { name, exact: true }).first().click(),
    heading: (name: string) => page.getByRole('heading', { name, level: 1 }).waitFor(),
    says: (text: string) => page.getByText(text).first().waitFor(),
  };
}
