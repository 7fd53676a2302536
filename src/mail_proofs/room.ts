/**
 * What the pages have in common on which somebody proves to read a mail address: the form that asks for the mail, the code
 * of the mail, and the page of its link. A link shows its page and changes nothing, as mail scanners open every link; only
 * its form does. What is proven, and what it is good for, is up to the rooms that have such pages.
 */
export { createCodeRoutes } from './code_routes.ts';
export { createProofPages, longest, type ProofPages } from './proof_pages.ts';
