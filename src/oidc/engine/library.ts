/** What other files of oidc/ use of the library while the program runs. They may name its types themselves. */
export { errors, interactionPolicy } from 'oidc-provider';
