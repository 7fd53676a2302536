/**
 * What every Cardea has, whatever is declared. It is made at each start, and operators do not change it.
 */

/** The client that the console signs people in as. */
export const consoleClientId = 'cardea-console';

/** The client that the account pages sign people in as. */
export const accountClientId = 'cardea-account';

export const builtInClientIds: ReadonlySet<string> = new Set([consoleClientId, accountClientId]);

/** Below the issuer: where a link leads to with which a person sets up a new second factor. */
export const setupLinkPath = '/account/second-factor';

/** Below the issuer: the pages of the links in mails about an address. */
export const emailLinksPath = '/account/email';

/** Below the issuer: where a link leads to with which a person makes an account. */
export const signUpLinkPath = '/sign-up/account';
