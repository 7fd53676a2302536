import { auth, signIn, signOut } from '../auth';

async function enter() {
  'use server';
  await signIn('cardea');
}

async function leave() {
  'use server';
  await signOut();
}

export default async function Page() {
  const session = await auth();
  if (!session) {
    return (
      <form action={enter}>
        <button type="submit">Sign in</button>
      </form>
    );
  }
  return (
    <form action={leave}>
      <p>
        {session.user.name}, {session.user.email}
      </p>
      <button type="submit">Sign out</button>
    </form>
  );
}
