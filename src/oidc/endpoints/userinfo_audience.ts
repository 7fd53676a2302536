/** The userinfo endpoint, as an audience of access tokens that open it beside an API. */
export function userinfoAudienceOf(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/userinfo`;
}
