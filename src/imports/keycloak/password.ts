/**
 * Keycloak's password credential (PasswordCredentialModel) as an encoded hash. It keeps the parameters and the secret
 * part as two JSON texts.
 */
import { z } from 'zod';

type Credential = { type: string; [member: string]: unknown };

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

const passwordSchema = z.looseObject({
  credentialData: jsonText.pipe(
    z.looseObject({
      algorithm: z.string(),
      hashIterations: z.int(),
      additionalParameters: z.record(z.string(), z.array(z.string())).nullish(),
    }),
  ),
  secretData: jsonText.pipe(z.looseObject({ value: z.string(), salt: z.string() })),
});

type Password = z.output<typeof passwordSchema>;

/** The versions of argon2, as Keycloak names them and as numbers. */
const argon2Versions: Readonly<Record<string, number>> = { '1.0': 16, '1.3': 19 };

/** Absent hash: the user has no password. */
export function keycloakPassword(
  credentials: readonly Credential[],
): { hash?: string; notes: string[] } | { problem: string } {
  const kinds = new Set(credentials.map(({ type }) => type));
  kinds.delete('password');
  const notes = [...kinds].map((type) => `credentials of type ${type} were left out`);
  const credential = credentials.find(({ type }) => type === 'password');
  if (!credential) return { notes };
  const { data } = passwordSchema.safeParse(credential);
  if (!data) {
    const remedy = 'Export the users with their credentials (kc.sh export).';
    return { problem: `Its password has no readable credentialData and secretData. ${remedy}` };
  }
  const hash = encode(data);
  if (hash) return { hash, notes };
  const problem = `Its password is hashed by an algorithm that is not known. Known are: pbkdf2, pbkdf2-sha256, pbkdf2-sha512 and argon2.`;
  return { problem };
}

function encode({ credentialData, secretData }: Password): string | undefined {
  const { algorithm, hashIterations, additionalParameters } = credentialData;
  const { salt, value } = secretData;
  if (/^pbkdf2(-sha256|-sha512)?$/.test(algorithm)) {
    return `$${algorithm}$i=${hashIterations}$${salt}$${value}`;
  }
  if (algorithm !== 'argon2') return undefined;
  const parameter = (name: string) => additionalParameters?.[name]?.[0];
  const version = argon2Versions[parameter('version') ?? '1.3'];
  const cost = `m=${parameter('memory')},t=${hashIterations},p=${parameter('parallelism') ?? 1}`;
  return `$argon2${parameter('type') ?? 'id'}$v=${version}$${cost}$${salt}$${value}`;
}
