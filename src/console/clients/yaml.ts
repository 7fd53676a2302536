/**
 * A client as the declarative file has it.
 */
import { clientMembers } from '../../config/schema/client_metadata.ts';
import { needsSecret } from '../../definitions/oauth.ts';

/** Without its secret, of which only a hash is known: it names a variable instead. */
export async function clientYaml(client: Record<string, unknown>): Promise<string> {
  // Loaded by the first page that shows it: few workers ever do.
  const { stringify } = await import('yaml');
  const { client_id: id, token_endpoint_auth_method: method, ...rest } = client;
  const members = Object.entries(rest).filter(
    ([name, value]) => clientMembers.includes(name) && !isEmpty(value),
  );
  const variable = `${String(id)
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')}_SECRET`;
  const declared = {
    client_id: id,
    ...(needsSecret(method as string | undefined) && { client_secret: `\${${variable}}` }),
    ...(method !== undefined && { token_endpoint_auth_method: method }),
    ...literal(Object.fromEntries(members)),
  };
  return stringify({ clients: [declared] }, { lineWidth: 0 }).trimEnd();
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Text that looks like a variable is written so that it stays text. */
function literal(value: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(value).replaceAll('${', '$${');
  return JSON.parse(text) as Record<string, unknown>;
}
