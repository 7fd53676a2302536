/**
 * What sign-ins here are worth, told truthfully: the context class (`acr`) and methods (`amr`, RFC 8176).
 */
export const passwordSignIn = { acr: 'urn:cardea:acr:password', amr: ['pwd'] };

/** In ascending strength. */
export const acrValues: readonly string[] = [passwordSignIn.acr];
