import Keycloak from './library/keycloak.js';

const keycloak = new Keycloak(await (await fetch('settings.json')).json());
const isSignedIn = await keycloak.init({
  scope: 'openid profile email groups',
  checkLoginIframe: false,
});

const show = (text) => {
  document.querySelector('#person').textContent = text;
};
const on = (id, act) => document.querySelector(id).addEventListener('click', act);
on('#sign-in', () => keycloak.login());
on('#renew', async () => {
  // -1: whatever time the token has left.
  const isRenewed = await keycloak.updateToken(-1);
  const { name } = await keycloak.loadUserInfo();
  show(`Renewed: ${isRenewed}, ${name}`);
});
on('#sign-out', () => keycloak.logout());

const { name, email, groups } = keycloak.idTokenParsed ?? {};
show(isSignedIn ? `${name}, ${email}, ${groups}` : 'Signed out');
