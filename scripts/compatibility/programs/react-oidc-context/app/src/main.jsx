import { createRoot } from 'react-dom/client';
import { AuthProvider } from 'react-oidc-context';
import { App } from './app.jsx';

const { VITE_ISSUER, VITE_CLIENT_ID } = import.meta.env;

const settings = {
  authority: VITE_ISSUER,
  client_id: VITE_CLIENT_ID,
  redirect_uri: `${window.location.origin}/`,
  post_logout_redirect_uri: `${window.location.origin}/`,
  scope: 'openid profile email groups orders:read',
  // Takes the code out of the address.
  onSigninCallback: () => window.history.replaceState({}, '', '/'),
};

createRoot(document.getElementById('root')).render(
  <AuthProvider {...settings}>
    <App />
  </AuthProvider>,
);
