const settings = await (await fetch('settings.json')).json();
const manager = new oidc.UserManager({
  ...settings,
  redirect_uri: `${location.origin}/`,
  post_logout_redirect_uri: `${location.origin}/`,
  scope: 'openid profile email groups',
  loadUserInfo: true,
});

function show(user) {
  const { name, email, groups } = user?.profile ?? {};
  const text = user ? `${name}, ${email}, ${groups}` : 'Signed out';
  document.querySelector('#person').textContent = text;
}

const on = (id, act) => document.querySelector(id).addEventListener('click', act);
on('#sign-in', () => manager.signinRedirect());
on('#renew', async () => {
  const user = await manager.signinSilent();
  document.querySelector('#person').textContent = `Renewed: ${user.profile.name}`;
});
on('#sign-out', () => manager.signoutRedirect());

if (new URLSearchParams(location.search).has('code')) {
  show(await manager.signinCallback());
  history.replaceState(null, '', '/');
} else show(await manager.getUser());
