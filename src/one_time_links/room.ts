/**
 * Links that are sent to people, and the short codes beside them. The room owns that each is good for one purpose, once,
 * for a short time, that a code is good only where it was asked for, and that what is kept of both is no use to whoever
 * reads the store. What a link does, and where it leads, is up to whoever issues it.
 *
 * Whoever shows the page of a link opens it with `open`, which changes nothing: mail scanners fetch every link. What is
 * done is done by a POST, which begins with `spend`.
 */

export {
  createOneTimeLinks,
  type LinkOrder,
  type OneTimeLink,
  type OneTimeLinks,
} from './links.ts';
