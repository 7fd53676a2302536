/**
 * A page between a button and what cannot be taken back, or stops people's work: it says what breaks, and has it typed
 * where that is much.
 */
import type { AnyOperation } from '../../admin/room.ts';
import { randomId } from '../../digests.ts';
import { CardeaError } from '../../errors.ts';
import type { SectionId } from '../navigation.ts';
import type { ConsoleAnswer, ConsolePage, ConsoleRequest } from '../page.ts';
import { fieldView } from './field_view.ts';
import { type Field, memberValue, typedIn, typedOf } from './fields.ts';
import { formErrorsOf, noErrors } from './form_errors.ts';
import { actionOf, paramsOf } from './form_page.ts';

type Members = Record<string, unknown>;

export type ConfirmPage = {
  section: SectionId;
  path: `/${string}`;
  name: string;
  title: (object: Members) => string;
  trail: (object: Members, request: ConsoleRequest) => readonly { label: string; href: string }[];
  operation: AnyOperation;
  /** What it is about: the operation that reads it, or how else that is known. */
  read: AnyOperation | ((request: ConsoleRequest) => Promise<Members>);
  /** What happens at once, what stops working, and how it can be undone: a sentence each. */
  consequences: (
    object: Members,
    request: ConsoleRequest,
  ) => readonly string[] | Promise<readonly string[]>;
  /** What has to be typed; undefined: nothing. */
  typed?: (object: Members) => string;
  /** What the operation takes besides. */
  fields?: readonly Field[];
  defaults?: Members;
  /** What is sent beside the fields' values. */
  fixed?: (object: Members) => Members;
  /** The button. */
  submit: string;
  /** What the palette offers it as. */
  command?: string;
  danger?: boolean;
  done: (
    response: { body: Members; object: Members },
    request: ConsoleRequest,
  ) => ConsoleAnswer | Promise<ConsoleAnswer>;
};

const reason: Field = {
  ...{ name: 'reason', label: 'Reason', as: 'text' },
  hint: 'For the audit log. Optional.',
};

export function confirmPage(page: ConfirmPage): readonly [ConsolePage, ConsolePage] {
  const { section, path, name, operation, read } = page;
  // What is not put on record needs no reason.
  const asked = [...(page.fields ?? []), ...(operation.events ? [reason] : [])];
  const common = { path, section, name, operation, command: page.command };

  const view = async (
    request: ConsoleRequest,
    object: Members,
    version: string,
    { errors = noErrors, isMistyped = false, isSent = false } = {},
  ) => {
    const { form, isReturning } = request;
    const isTyped = isSent || isReturning;
    return {
      ...{ title: page.title(object), trail: page.trail(object, request), template: 'confirm' },
      data: {
        ...{ consequences: await page.consequences(object, request), submit: page.submit },
        ...{ danger: page.danger ?? false, others: errors.others, isReturning },
        action: actionOf(path, request),
        cancel: page.trail(object, request).at(-1)?.href ?? '/',
        hidden: { version, ...(operation.idempotent && { key: form.get('key') ?? randomId() }) },
        confirmation: page.typed && {
          expected: page.typed(object),
          text: isTyped ? (form.get('confirmation') ?? '') : '',
          isMistyped,
        },
        fields: asked.map((field) =>
          fieldView(
            field,
            isTyped ? typedIn(field, form) : typedOf(field, page.defaults?.[field.name]),
            { errors },
          ),
        ),
      },
    };
  };

  const load = async (request: ConsoleRequest) => {
    if (typeof read === 'function') return { object: await read(request), version: '' };
    const { call, params } = request;
    const { body, headers } = await call(read, { params: paramsOf(read, params) });
    return { object: body as Members, version: headers.etag ?? '' };
  };

  return [
    {
      ...{ ...common, method: 'GET' },
      async handle(request) {
        const { object, version } = await load(request);
        return { view: await view(request, object, version) };
      },
    },
    {
      ...{ ...common, method: 'POST' },
      async handle(request) {
        const { form, params, call } = request;
        const { object, version } = await load(request);
        const isMistyped = page.typed && form.get('confirmation')?.trim() !== page.typed(object);
        if (isMistyped) {
          return {
            view: await view(request, object, version, { isMistyped, isSent: true }),
            status: 400,
          };
        }
        const why = memberValue(reason, form);
        const values = (page.fields ?? []).map((field) => [field.name, memberValue(field, form)]);
        const key = form.get('key');
        try {
          const response = await call(operation, {
            params: paramsOf(operation, params),
            query: why === undefined ? {} : { reason: why },
            body: {
              ...page.fixed?.(object),
              ...Object.fromEntries(values.filter(([, value]) => value !== undefined)),
            },
            ifMatch: (form.get('version') ?? version) || undefined,
            ...(operation.idempotent && key && { idempotencyKey: key }),
          });
          return await page.done({ body: response.body as Members, object }, request);
        } catch (error) {
          if (error instanceof CardeaError && error.code === 'version_mismatch') {
            const text = 'It has changed since this page was opened. Check it, then confirm again.';
            const errors = { byField: new Map(), others: [text] };
            return {
              view: await view(request, object, version, { errors, isSent: true }),
              status: 412,
            };
          }
          const errors = formErrorsOf(error, asked);
          if (!errors) throw error;
          return {
            view: await view(request, object, version, { errors, isSent: true }),
            status: 400,
          };
        }
      },
    },
  ];
}
