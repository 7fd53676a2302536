/**
 * A field as views/console/parts/field.eta shows it. What is offered of a list are boxes to tick and room for others, or
 * where that would be a wall of boxes, inputs that the browser completes.
 */
import { type Field, itemsOf, memberOf, type Offer, type Typed } from './fields.ts';
import type { FormErrors } from './form_errors.ts';
import { languages } from './local_texts.ts';
import { withEmptyRows } from './scope_rows.ts';

type Boxes = {
  groups: readonly {
    value?: string | undefined;
    label?: string | undefined;
    boxes: readonly (Offer & { isChosen: boolean })[];
  }[];
  /** What is chosen and not offered, one in each line. */
  others: string;
};

export type FieldView = Omit<Field, 'as'> &
  Omit<Typed, 'rows' | 'texts'> & {
    as: string;
    errors: readonly string[];
    /** Whether it has something that one should see. */
    isFilled: boolean;
    /** What is stored now, where that is something else. */
    stored: string | undefined;
    boxes?: Boxes;
    /** One for each value, and some to fill in. */
    inputs?: readonly string[];
    texts?: readonly { suffix: string; language: string; text: string }[];
    rows?: readonly { name: string; was: string; texts: FieldView['texts'] }[];
  };

const mostBoxes = 60;
const emptyInputs = 3;

export function fieldView(
  field: Field,
  typed: Typed,
  { errors, stored }: { errors: FormErrors; stored?: string | undefined },
): FieldView {
  const { rows, texts, ...rest } = typed;
  const { byField } = errors;
  return {
    ...{ ...field, ...rest, stored, isFilled: typed.text !== '' && field.as !== 'choice' },
    errors: byField.get(memberOf(field)) ?? byField.get(field.name) ?? [],
    ...offered(field, typed),
    ...(isUndecided(field, typed) && { chosen: [''] }),
    ...(texts && { texts: textsView(texts) }),
    ...(rows && {
      rows: withEmptyRows(rows).map((row) => ({ ...row, texts: textsView(row.texts) })),
    }),
  };
}

/** Where nothing is chosen, what says just that is. */
function isUndecided({ as, options = [] }: Field, { chosen }: Typed): boolean {
  return as === 'choice' && chosen.length === 0 && options.some(({ value }) => value === '');
}

function offered(field: Field, { text }: Typed): Pick<FieldView, 'boxes' | 'inputs'> {
  const { as, offers } = field;
  if (!offers || (as !== 'lines' && as !== 'words')) return {};
  const items = itemsOf(field, text);
  if (offers.length > mostBoxes) {
    return { inputs: [...items, ...Array.from({ length: emptyInputs }, () => '')] };
  }
  const groups = [...Map.groupBy(offers, ({ group }) => group?.value)].map(([value, some]) => ({
    ...{ value, label: some[0]?.group?.label },
    boxes: some.map((offer) => ({ ...offer, isChosen: items.includes(offer.value) })),
  }));
  const isOffered = (item: string) => offers.some(({ value }) => value === item);
  return { boxes: { groups, others: items.filter((item) => !isOffered(item)).join('\n') } };
}

function textsView(texts: readonly string[]) {
  return languages.map(({ suffix, name: language }, index) => ({
    ...{ suffix, language, text: texts[index] ?? '' },
  }));
}
