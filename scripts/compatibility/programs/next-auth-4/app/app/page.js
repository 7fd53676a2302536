import { getServerSession } from 'next-auth';
import { options } from '../options';

export default async function Page() {
  const session = await getServerSession(options);
  if (!session) return <a href="/api/auth/signin">Sign in</a>;
  return (
    <>
      <p>{`${session.user.name}, ${session.user.email}`}</p>
      <a href="/api/auth/signout">Sign out</a>
    </>
  );
}
