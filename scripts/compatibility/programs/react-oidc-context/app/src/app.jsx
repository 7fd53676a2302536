import { useState } from 'react';
import { useAuth } from 'react-oidc-context';

const { VITE_API } = import.meta.env;

export function App() {
  const auth = useAuth();
  const [orders, setOrders] = useState();

  async function loadOrders() {
    const headers = { authorization: `Bearer ${auth.user.access_token}` };
    const response = await fetch(`${VITE_API}/orders`, { headers });
    setOrders(response.ok ? await response.json() : { status: response.status });
  }

  if (auth.isLoading) return <p>Loading…</p>;
  if (!auth.isAuthenticated) {
    return (
      <>
        {auth.error && <p>{auth.error.message}</p>}
        <button type="button" onClick={() => auth.signinRedirect()}>
          Sign in
        </button>
      </>
    );
  }
  const { name, email, groups } = auth.user.profile;
  return (
    <>
      <p>
        {name}, {email}, {groups?.join(' ')}
      </p>
      <button type="button" onClick={loadOrders}>
        Load orders
      </button>
      <button type="button" onClick={() => auth.signoutRedirect()}>
        Sign out
      </button>
      {orders && <pre>{JSON.stringify(orders)}</pre>}
    </>
  );
}
