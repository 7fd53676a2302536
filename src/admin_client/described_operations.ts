/**
 * The operations of the admin API as its description has them, for whoever is generic over them: what each takes, member
 * by member, without loading what it does.
 */
import description from '../admin/openapi.json' with { type: 'json' };

export type Member = {
  name: string;
  /** `json`: whatever the others cannot hold; `text_or_json`: that, or a text. */
  kind: 'text' | 'list' | 'number' | 'boolean' | 'json' | 'text_or_json';
  description: string | undefined;
  choices: readonly string[] | undefined;
};

export type DescribedOperation = {
  /** `listClients`. */
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: `/${string}`;
  tag: string;
  summary: string;
  description: string | undefined;
  /** What the credential needs. */
  scopes: readonly string[];
  /** Parameters of the path, in order. */
  params: readonly string[];
  query: readonly Member[];
  /** Undefined: it takes none. */
  body: readonly Member[] | undefined;
  isIdempotent: boolean;
  /** It breaks something. */
  isSensitive: boolean;
  /** It answers a page of these; undefined: no list. */
  items: readonly Member[] | undefined;
};

type Schema = {
  $ref?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  anyOf?: readonly Schema[];
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  description?: string;
};

type Content = Readonly<Record<string, { schema: Schema }>>;

type Described = {
  operationId: string;
  tags: readonly string[];
  summary: string;
  description?: string;
  security: readonly { bearer: readonly string[] }[];
  parameters?: readonly { in: string; name: string; schema: Schema; description?: string }[];
  requestBody?: { content: Content };
  responses: Readonly<Record<string, { content?: Content }>>;
  'x-sensitive'?: boolean;
};

const { paths, components } = description as unknown as {
  paths: Readonly<Record<`/${string}`, Readonly<Record<string, Described>>>>;
  components: { schemas: Readonly<Record<string, Schema>> };
};

/** In the order of the description. */
export const describedOperations: readonly DescribedOperation[] = Object.entries(paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, described]) =>
      toOperation(described, { path: path as `/${string}`, method: method.toUpperCase() }),
    ),
);

function toOperation(
  described: Described,
  { path, method }: { path: `/${string}`; method: string },
): DescribedOperation {
  const { operationId: id, tags, summary, security, parameters = [], requestBody } = described;
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const body = requestBody && Object.values(requestBody.content)[0]?.schema;
  return {
    ...{ id, path, summary, description: described.description },
    method: method as DescribedOperation['method'],
    tag: tags[0] ?? '',
    scopes: security.flatMap(({ bearer }) => bearer),
    params: of('path').map(({ name }) => name),
    query: of('query').map(({ name, schema, description }) => ({
      ...memberOf(name, schema),
      description,
    })),
    body: body && membersOf(body),
    isIdempotent: of('header').some(({ name }) => name === 'Idempotency-Key'),
    isSensitive: described['x-sensitive'] === true,
    items: itemsOf(described.responses['200']?.content?.['application/json']?.schema),
  };
}

/** A list answers `items` and `next`. */
function itemsOf(schema: Schema | undefined): readonly Member[] | undefined {
  const { items, next } = schema ? (resolved(schema).properties ?? {}) : {};
  return items?.items && next ? membersOf(items.items) : undefined;
}

/** Those of which the schema says anything. */
function membersOf(schema: Schema): Member[] {
  return Object.entries(resolved(schema).properties ?? {}).flatMap(([name, member]) =>
    Object.keys(member).length === 0 ? [] : [memberOf(name, member)],
  );
}

function memberOf(name: string, given: Schema): Member {
  const schema = withoutNull(given);
  const texts = schema.enum?.filter((value) => typeof value === 'string');
  return {
    ...{ name, kind: kindOf(schema), description: given.description ?? schema.description },
    choices: texts && texts.length === schema.enum?.length ? (texts as string[]) : undefined,
  };
}

function kindOf({ type, items, anyOf }: Schema): Member['kind'] {
  if (type === 'string') return 'text';
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'boolean') return 'boolean';
  if (type === 'array' && items && resolved(items).type === 'string') return 'list';
  return anyOf?.some((one) => one.type === 'string') ? 'text_or_json' : 'json';
}

/** What it is where it is not null. */
function withoutNull(given: Schema): Schema {
  const schema = resolved(given);
  const { anyOf, type } = schema;
  const [only, ...others] = anyOf?.filter((one) => one.type !== 'null') ?? [];
  if (only && others.length === 0) return withoutNull(only);
  const [name, ...names] = Array.isArray(type) ? type.filter((one) => one !== 'null') : [];
  return name !== undefined && names.length === 0 ? { ...schema, type: name } : schema;
}

function resolved(schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  return components.schemas[name] ?? {};
}
