/** Resources in the forms of Mesos's classic endpoints (reference 4.5, `common/http.cpp`). */
import {
  makeRanges,
  printRanges,
  toWire,
  type Amounts,
  type WireResource,
} from '../../engine/index.ts';

/** Numbers by name; ranges and sets as text. */
export type ResourceForm = Readonly<Record<string, number | string>>;

/** All of an amount, whoever it is reserved to. */
export function resourceForm(amounts: Amounts): ResourceForm {
  const sums = new FormSums();
  sums.addPlain(amounts);
  for (const wire of amounts.special ?? []) sums.addWire(wire);
  return sums.form;
}

/** Amounts beside each other: what is of one name is added up when it is shown. */
export class AmountsTotal {
  readonly #scalars = new Map<string, number>();
  readonly #ranges = new Map<string, (readonly [number, number])[]>();
  readonly #sets = new Map<string, string[]>();
  readonly #special: WireResource[] = [];

  add({scalars, ranges, sets, special}: Amounts): void {
    for (const name in scalars) {
      this.#scalars.set(name, (this.#scalars.get(name) ?? 0) + (scalars[name] ?? 0));
    }
    for (const name in ranges) append(this.#ranges, name, ranges[name] ?? []);
    for (const name in sets) append(this.#sets, name, sets[name] ?? []);
    if (special !== undefined) this.#special.push(...special);
  }

  get amounts(): Amounts {
    return {
      scalars: Object.fromEntries(this.#scalars),
      ranges: Object.fromEntries(this.#ranges),
      sets: Object.fromEntries(this.#sets),
      special: this.#special,
    };
  }
}

function append<T>(lists: Map<string, T[]>, name: string, more: readonly T[]): void {
  const known = lists.get(name);
  if (known === undefined) lists.set(name, [...more]);
  else known.push(...more);
}

export function sumAmounts(all: Iterable<Amounts>): Amounts {
  const total = new AmountsTotal();
  for (const amounts of all) total.add(amounts);
  return total.amounts;
}

/** What nobody has reserved. */
export function unreservedForm(amounts: Amounts): ResourceForm {
  const sums = new FormSums();
  sums.addPlain(amounts);
  for (const wire of amounts.special ?? []) if (roleOf(wire) === undefined) sums.addWire(wire);
  return sums.form;
}

/** What is reserved, by role. */
export function reservedForms(amounts: Amounts): Readonly<Record<string, ResourceForm>> {
  const byRole = new Map<string, FormSums>();
  for (const wire of amounts.special ?? []) {
    const role = roleOf(wire);
    if (role === undefined) continue;
    const sums = byRole.get(role) ?? new FormSums();
    byRole.set(role, sums);
    sums.addWire(wire);
  }
  return Object.fromEntries([...byRole].map(([role, sums]) => [role, sums.form]));
}

/** Each resource for itself, with its role in the old form and the new. */
export function fullForms(amounts: Amounts): readonly object[] {
  return toWire(amounts).map(endpointForm);
}

export function unreservedFullForms(amounts: Amounts): readonly object[] {
  return toWire(amounts)
    .filter((wire) => roleOf(wire) === undefined)
    .map(endpointForm);
}

export function reservedFullForms(amounts: Amounts): Readonly<Record<string, readonly object[]>> {
  const byRole = new Map<string, object[]>();
  for (const wire of amounts.special ?? []) {
    const role = roleOf(wire);
    if (role === undefined) continue;
    const forms = byRole.get(role) ?? [];
    byRole.set(role, forms);
    forms.push(endpointForm(wire));
  }
  return Object.fromEntries(byRole);
}

/** Who it is reserved to: the last of the refinements. */
function roleOf({reservations}: WireResource): string | undefined {
  return reservations?.at(-1)?.role;
}

/** Clients of before reservations were refined read `role` and `reservation`. */
function endpointForm(wire: WireResource): object {
  const last = wire.reservations?.at(-1);
  if (last === undefined) return {...wire, role: '*'};
  const {type, role, principal, labels} = last;
  if (type === 'STATIC' || (wire.reservations?.length ?? 0) > 1) return {...wire, role};
  return {...wire, role, reservation: {principal, labels}};
}

/** Adds up what is of one name. */
class FormSums {
  readonly #scalars = new Map<string, number>([
    ['cpus', 0],
    ['gpus', 0],
    ['mem', 0],
    ['disk', 0],
  ]);
  readonly #ranges = new Map<string, (readonly [number, number])[]>();
  readonly #sets = new Map<string, Set<string>>();

  addPlain({scalars, ranges = {}, sets = {}}: Amounts): void {
    for (const [name, fixed] of Object.entries(scalars)) this.#addScalar(name, fixed);
    for (const [name, pairs] of Object.entries(ranges)) this.#addRanges(name, pairs);
    for (const [name, items] of Object.entries(sets)) this.#addItems(name, items);
  }

  addWire({name: plain, scalar, ranges, set, revocable}: WireResource): void {
    const name = revocable === undefined ? plain : `${plain}_revocable`;
    if (scalar !== undefined) this.#addScalar(name, Math.round(scalar.value * 1000));
    if (ranges !== undefined) {
      this.#addRanges(
        name,
        ranges.range.map(({begin, end}) => [begin, end] as const),
      );
    }
    if (set !== undefined) this.#addItems(name, set.item);
  }

  #addScalar(name: string, fixed: number): void {
    this.#scalars.set(name, (this.#scalars.get(name) ?? 0) + fixed);
  }

  #addRanges(name: string, pairs: readonly (readonly [number, number])[]): void {
    const known = this.#ranges.get(name);
    if (known === undefined) this.#ranges.set(name, [...pairs]);
    else known.push(...pairs);
  }

  #addItems(name: string, items: readonly string[]): void {
    const known = this.#sets.get(name) ?? new Set();
    this.#sets.set(name, known);
    for (const item of items) known.add(item);
  }

  get form(): ResourceForm {
    const form: Record<string, number | string> = {};
    for (const [name, fixed] of this.#scalars) form[name] = fixed / 1000;
    for (const [name, pairs] of this.#ranges) form[name] = printRanges(makeRanges(pairs));
    for (const [name, items] of this.#sets) form[name] = `{${[...items].sort().join(', ')}}`;
    return form;
  }
}
