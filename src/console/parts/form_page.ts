/**
 * A form for an operation: its fields are shown, sent and shown again with what was typed and what is wrong with it. A
 * form that changes an object carries the version it was made from; where the object has changed since, both values are
 * shown and nothing is overwritten unseen. A form that creates carries a key, so that it creates once however often it
 * is sent.
 */
import type { AnyOperation } from '../../admin/room.ts';
import { randomId } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import type { SectionId } from '../navigation.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import { fieldView } from './field_view.ts';
import { type Field, memberOf, memberValue, type Typed, typedIn, typedOf } from './fields.ts';
import { type FormErrors, formErrorsOf, noErrors } from './form_errors.ts';

type Members = Record<string, unknown>;
type Response = { body: Members; headers: Record<string, string> };

export type FormPage = {
  section: SectionId;
  path: `/${string}`;
  name: string;
  title: string | ((object: Members | undefined, request: ConsoleRequest) => string);
  intro?: string | ((request: ConsoleRequest) => string);
  trail: (
    request: ConsoleRequest,
    object: Members | undefined,
  ) => readonly { label: string; href: string }[];
  operation: AnyOperation;
  /** For a form that changes an object: how that is read. The path's parameters are those of both operations. */
  read?: AnyOperation;
  /** The operation creates all the same: what is read is what it is made for, and it must not be there yet. */
  creates?: boolean;
  fields: (
    request: ConsoleRequest,
    object: Members | undefined,
  ) => readonly Field[] | Promise<readonly Field[]>;
  /** What fields have that the object does not have, by member; of a form that creates, all of them. */
  defaults?: (request: ConsoleRequest, object: Members | undefined) => Members;
  /** What is sent beside the fields' values. */
  fixed?: (request: ConsoleRequest) => Members;
  /** The body, where it is not what the fields' members are. */
  bodyFrom?: (members: Members) => Members;
  submit: string;
  /** What the palette offers it as. */
  command?: string;
  done: (response: Response, request: ConsoleRequest) => ConsoleAnswer | Promise<ConsoleAnswer>;
};

/** What is shown: fields with what they hold, errors, what goes along unseen. */
type Shown = {
  fields: readonly Field[];
  typed: (field: Field) => Typed;
  errors: FormErrors;
  hidden: Record<string, string>;
  object?: Members | undefined;
  /** The object as it is now, where it is not what the form was made from. */
  stored?: Members | undefined;
};

export function formPage(page: FormPage): readonly [ConsolePage, ConsolePage] {
  const { section, path, operation, read } = page;
  const changes = read !== undefined && !page.creates;
  const common = { path, section, operation, command: page.command };

  const readObject = async ({ call, params }: ConsoleRequest) => {
    if (!read) return { object: undefined, version: undefined };
    const { body, headers } = await call(read, { params });
    return { object: body as Members, version: changes ? (headers.etag ?? '') : undefined };
  };

  const hiddenFor = (version: string | undefined, key: string | null = null) => ({
    ...(version !== undefined && { version }),
    ...(operation.idempotent && { key: key ?? randomId() }),
  });

  const show = (request: ConsoleRequest, shown: Shown) => {
    const { object, stored, errors, fields } = shown;
    const title = typeof page.title === 'string' ? page.title : page.title(object, request);
    const trail = page.trail(request, object);
    return {
      ...{ title, trail, template: 'form' },
      data: {
        intro: typeof page.intro === 'function' ? page.intro(request) : page.intro,
        ...{ action: actionOf(path, request), submit: page.submit, hidden: shown.hidden },
        ...{ others: errors.others, isStale: stored !== undefined },
        isReturning: request.isReturning,
        cancel: trail.at(-1)?.href ?? '/',
        fields: fields.map((field) => {
          const typed = shown.typed(field);
          const now = stored && typedOf(field, stored[memberOf(field)]);
          const isOther = now && !isSame(field, now, typed);
          return fieldView(field, typed, {
            errors,
            stored: isOther ? now.text || now.chosen.join(', ') : undefined,
          });
        }),
      },
    };
  };

  const get = async (request: ConsoleRequest): Promise<ConsoleAnswer> => {
    const { object, version } = await readObject(request);
    const { form, isReturning } = request;
    const values: Members = { ...page.defaults?.(request, object), ...(changes && object) };
    return {
      view: show(request, {
        ...{ object, errors: noErrors, fields: await page.fields(request, object) },
        typed: (field) =>
          isReturning ? typedIn(field, form) : typedOf(field, values[memberOf(field)]),
        // What comes back is of the version that it was made from.
        hidden: hiddenFor(
          isReturning ? (form.get('version') ?? version) : version,
          isReturning ? form.get('key') : null,
        ),
      }),
    };
  };

  const post = async (request: ConsoleRequest): Promise<ConsoleAnswer> => {
    const { form, params, call } = request;
    const { object } = await readObject(request);
    const fields = await page.fields(request, object);
    const [version, key] = [form.get('version'), form.get('key')];
    const typed = (field: Field) => typedIn(field, form);
    try {
      const members = bodyOf(fields, form, { isPatch: changes });
      const body = { ...page.fixed?.(request), ...(page.bodyFrom?.(members) ?? members) };
      const response = await call(operation, {
        ...{ params: paramsOf(operation, params), body },
        ...(version && { ifMatch: version }),
        ...(page.creates && { ifNoneMatch: '*' }),
        ...(operation.idempotent && key && { idempotencyKey: key }),
      });
      return await page.done(
        { body: response.body as Members, headers: response.headers },
        request,
      );
    } catch (error) {
      if (changes && error instanceof CardeaError && error.code === 'version_mismatch') {
        const { object: stored, version: newest } = await readObject(request);
        const hidden = hiddenFor(newest);
        const errors = noErrors;
        const view = show(request, { fields, typed, errors, hidden, object: stored, stored });
        return { view, status: 412 };
      }
      const errors = formErrorsOf(error, fields);
      if (!errors) throw error;
      // The key stays with what it was first sent with.
      const hidden = hiddenFor(version ?? undefined);
      return { view: show(request, { fields, typed, errors, hidden, object }), status: 400 };
    }
  };

  return [
    { ...common, method: 'GET', name: page.name, handle: get },
    { ...common, method: 'POST', name: page.name, handle: post },
  ];
}

/** A merge patch takes a member that is left empty away. */
function bodyOf(
  fields: readonly Field[],
  form: URLSearchParams,
  { isPatch }: { isPatch: boolean },
): Members {
  const entries = fields.map(
    (field) => [memberOf(field), memberValue(field, form, { isPatch })] as const,
  );
  return Object.fromEntries(
    entries.flatMap(([member, value]) =>
      value === undefined ? (isPatch ? [[member, null]] : []) : [[member, value]],
    ),
  );
}

/** Those that the operation has. */
export function paramsOf(
  { path }: Pick<AnyOperation, 'path'>,
  params: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => path.includes(`{${name}}`)));
}

/** The page's own address, with the query that it depends on. */
export function actionOf(path: string, { params, query }: ConsoleRequest): string {
  const own = path.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  const kept = new URLSearchParams([...query].filter(([name]) => name !== 'draft'));
  return kept.size > 0 ? `${own}?${kept}` : own;
}

function isSame({ as, offers }: Field, one: Typed, other: Typed): boolean {
  if (as === 'checks' || as === 'grouped' || as === 'switch' || as === 'choice') {
    const chosen = (typed: Typed) => typed.chosen.filter(Boolean).sort().join('\n');
    return chosen(one) === chosen(other);
  }
  const words = ({ text }: Typed) => text.split(/\s+/).filter(Boolean);
  const inOrder = (typed: Typed) => (offers ? words(typed).sort() : words(typed)).join(' ');
  return inOrder(one) === inOrder(other);
}
