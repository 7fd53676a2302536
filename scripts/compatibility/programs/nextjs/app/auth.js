import NextAuth from 'next-auth';

// Auth.js reads AUTH_CARDEA_ISSUER, AUTH_CARDEA_ID, AUTH_CARDEA_SECRET and AUTH_SECRET by itself.
export const { handlers, auth, signIn, signOut } = NextAuth({
  providers: [{ id: 'cardea', name: 'Cardea', type: 'oidc' }],
});
