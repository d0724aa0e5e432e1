// What changed from one version of an interface to another, and what the version number must say about it. A program that was built against
// the older version goes on working where only a minor is asked for.
import type { Field, Fields } from '../schema/fields.ts';
import type { EventKind, Interface, ObjectKind, Operation } from '../schema/interface.ts';

/** What the version must have changed by: nothing, the minor, the major. */
export type Step = 'none' | 'minor' | 'major';

export interface Change {
  /** `operations.assign.in.vf`. */
  readonly path: string;
  readonly step: Step;
  readonly what: string;
}

const STEPS: readonly Step[] = ['none', 'minor', 'major'];

/** The greatest step of some changes. */
export function stepOf(changes: readonly Change[]): Step {
  return STEPS[Math.max(0, ...changes.map(({ step }) => STEPS.indexOf(step)))]!;
}

/** The step from one version to another. */
export function versionStep(from: Pick<Interface, 'major' | 'minor'>, to: Pick<Interface, 'major' | 'minor'>): Step {
  if (from.major !== to.major) return 'major';
  return from.minor === to.minor ? 'none' : 'minor';
}

/** Which way values of a field go: a client writes them, reads them, or both. */
interface Flow {
  readonly in: boolean;
  readonly out: boolean;
}

/** All differences, each with the step that it needs. Sentences may change at any time. */
export function changesBetween(from: Interface, to: Interface): Change[] {
  return new Comparison(from, to).changes();
}

class Comparison {
  readonly #from: Interface;
  readonly #to: Interface;
  readonly #found: Change[] = [];

  constructor(from: Interface, to: Interface) {
    this.#from = from;
    this.#to = to;
  }

  changes(): Change[] {
    const [from, to] = [this.#from, this.#to];
    if (from.name !== to.name) this.#note('name', 'major', `called ${to.name}`);
    this.#named('operations', from.operations, to.operations, (path, a, b) => { this.#operation(path, a, b); });
    this.#named('objects', from.objects, to.objects, (path, a, b) => { this.#object(path, a, b); }, false);
    this.#named('records', from.records, to.records, (path, a, b, name) => {
      const embedded = this.#heldByRecord(name);
      this.#fields(path, a, b, { in: false, out: true }, embedded);
    }, false);
    this.#named('events', from.events, to.events, (path, a, b) => { this.#event(path, a, b); });
    this.#named('enums', from.enums, to.enums, (path, a, b, name) => { this.#enumeration(path, a, b, name); }, false);
    for (const name of from.open ?? []) if (!to.open?.includes(name)) this.#note(`enums.${name}`, 'none', 'is closed from now on');
    for (const name of to.open ?? []) if (!from.open?.includes(name)) this.#note(`enums.${name}`, 'major', 'may grow from now on, which clients do not expect');
    return this.#found;
  }

  #note(path: string, step: Step, what: string): void {
    this.#found.push({ path, step, what });
  }

  /** Things that a program finds by name; what has a slot must keep it, so that new ones come last. */
  #named<T>(path: string, from: Readonly<Record<string, T>>, to: Readonly<Record<string, T>>, compare: (path: string, a: T, b: T, name: string) => void, ordered: boolean = true): void {
    const since = (name: string): number => (to[name] as { readonly since?: number }).since ?? 0;
    for (const name of Object.keys(from)) {
      if (name in to) compare(`${path}.${name}`, from[name]!, to[name]!, name);
      else this.#note(`${path}.${name}`, 'major', 'removed');
    }
    for (const name of Object.keys(to)) {
      if (name in from) continue;
      const came = since(name);
      // What is only named by others is seen where they use it.
      if (!ordered) this.#note(`${path}.${name}`, 'none', 'added');
      else if (came <= this.#from.minor) this.#note(`${path}.${name}`, 'major', `added without \`since\` of a minor after ${this.#from.minor}: it would move what is there`);
      else if (came > this.#to.minor) this.#note(`${path}.${name}`, 'major', `comes with minor ${came}, and this is ${this.#to.minor}`);
      else this.#note(`${path}.${name}`, 'minor', 'added');
    }
    const kept = (all: Readonly<Record<string, T>>, other: Readonly<Record<string, T>>): string[] =>
      Object.entries(all).filter(([name]) => name in other).sort(([, a], [, b]) => ((a as { since?: number }).since ?? 0) - ((b as { since?: number }).since ?? 0)).map(([name]) => name);
    const [before, after] = [kept(from, to), kept(to, from)];
    const moved = ordered ? before.find((name, i) => after[i] !== name) : undefined;
    if (moved !== undefined) this.#note(`${path}.${moved}`, 'major', 'moved: order is place');
  }

  #operation(path: string, from: Operation, to: Operation): void {
    if (from.needs !== to.needs) this.#note(`${path}.needs`, 'major', `needs ${to.needs} in place of ${from.needs}`);
    if (from.sync !== to.sync) this.#note(`${path}.sync`, 'major', to.sync ? 'answers at once now' : 'takes time now');
    if (from.ending !== to.ending) this.#note(`${path}.ending`, to.ending ? 'minor' : 'major', to.ending ? 'allowed while the session ends' : 'no longer allowed while the session ends');
    if (from.in === undefined && to.in !== undefined) this.#note(`${path}.in`, 'major', 'takes something now');
    else if (from.in !== undefined && to.in === undefined) this.#note(`${path}.in`, 'major', 'takes nothing now');
    if (from.out === undefined && to.out !== undefined) this.#note(`${path}.out`, 'major', 'gives something now');
    else if (from.out !== undefined && to.out === undefined) this.#note(`${path}.out`, 'major', 'gives nothing now');
    if (from.in && to.in) this.#fields(`${path}.in`, from.in, to.in, { in: true, out: false }, false);
    if (from.out && to.out) this.#fields(`${path}.out`, from.out, to.out, { in: false, out: true }, false);
  }

  #object(path: string, from: ObjectKind, to: ObjectKind): void {
    this.#named(`${path}.operations`, from.operations, to.operations, (at, a, b) => { this.#operation(at, a, b); });
  }

  #event(path: string, from: EventKind, to: EventKind): void {
    if (from.code !== to.code) this.#note(`${path}.code`, 'major', `number ${to.code} in place of ${from.code}`);
    if (from.needs !== to.needs) this.#note(`${path}.needs`, 'major', `needs ${to.needs ?? 'nothing'} in place of ${from.needs ?? 'nothing'}`);
    if (from.severity !== to.severity) this.#note(`${path}.severity`, 'major', `${to.severity} in place of ${from.severity}`);
    if (JSON.stringify(from.terminal) !== JSON.stringify(to.terminal)) this.#note(`${path}.terminal`, to.terminal === true ? 'minor' : 'major', to.terminal === true ? 'never dropped now' : 'may be dropped where it was not');
    this.#fields(`${path}.payload`, from.payload, to.payload, { in: false, out: true }, false);
  }

  /** @param closed - a record that another holds by value cannot grow */
  #fields(path: string, from: Fields, to: Fields, flow: Flow, closed: boolean): void {
    this.#named(path, from, to, (at, a, b) => { this.#field(at, a, b, flow); });
    for (const [name, field] of Object.entries(to)) {
      if (name in from) continue;
      if (closed) this.#note(`${path}.${name}`, 'major', 'added to a record that another holds: it cannot grow');
      else if (flow.in && !field.optional) this.#note(`${path}.${name}`, 'major', 'must be given now');
    }
  }

  #field(path: string, from: Field, to: Field, flow: Flow): void {
    const relaxed = (text: string): void => { this.#note(path, 'minor', text); };
    const broken = (text: string): void => { this.#note(path, 'major', text); };
    if (from.since !== to.since) broken(`said to come with another minor`);
    if (from.optional !== to.optional) (to.optional === flow.in ? relaxed : broken)(to.optional ? 'may be left out now' : 'is always there now');
    if (from.kind !== to.kind) {
      broken(`${to.kind} in place of ${from.kind}`);
      return;
    }
    // What a field says for people, or for whoever carries it, changes nothing that crosses.
    const told = ({ text: _, optional: __, since: ___, sizedBy: ____, ...rest }: Field & { readonly sizedBy?: string }): string => JSON.stringify(rest);
    if (told(from) === told(to)) return;
    if (from.kind === 'list' && to.kind === 'list') this.#field(`${path}[]`, from.element, to.element, flow);
    else if ('range' in from || 'range' in to) this.#range(path, from as Ranged, to as Ranged, flow);
    else if (from.kind === 'text' && to.kind === 'text' && flow.in && to.length > from.length) relaxed(`may have ${to.length} bytes in place of ${from.length}`);
    else broken(`${told(to)} in place of ${told(from)}`);
  }

  #range(path: string, { range: from = EVERYTHING }: Ranged, { range: to = EVERYTHING }: Ranged, flow: Flow): void {
    const [wider, narrower] = [to[0] < from[0] || to[1] > from[1], to[0] > from[0] || to[1] < from[1]];
    const breaks = (flow.in && narrower) || (flow.out && wider);
    this.#note(path, breaks ? 'major' : 'minor', `${to[0]} to ${to[1]} in place of ${from[0]} to ${from[1]}`);
  }

  #enumeration(path: string, from: Readonly<Record<string, number>>, to: Readonly<Record<string, number>>, name: string): void {
    for (const [value, number] of Object.entries(from)) {
      if (!(value in to)) this.#note(`${path}.${value}`, 'major', 'removed');
      else if (to[value] !== number) this.#note(`${path}.${value}`, 'major', `number ${to[value]!} in place of ${number}`);
    }
    const grows = this.#from.open?.includes(name) === true || !this.#comesOut(name);
    for (const value of Object.keys(to)) {
      if (value in from) continue;
      const used = Object.entries(from).find(([, number]) => number === to[value]);
      if (used) this.#note(`${path}.${value}`, 'major', `has the number of ${used[0]}`);
      else this.#note(`${path}.${value}`, grows ? 'minor' : 'major', grows ? 'added' : 'added, and clients that read it know no such value');
    }
  }

  /** Whether clients read values of the enumeration. */
  #comesOut(name: string): boolean {
    const isIt = (field: Field): boolean => (field.kind === 'enum' && field.enum === name) || (field.kind === 'list' && isIt(field.element));
    const operations = [this.#from.operations, ...Object.values(this.#from.objects).map(({ operations: own }) => own)].flatMap((all) => Object.values(all));
    const outward = [...Object.values(this.#from.records), ...operations.map(({ out = {} }) => out), ...Object.values(this.#from.events).map(({ payload }) => payload)];
    return outward.some((fields) => Object.values(fields).some(isIt));
  }

  #heldByRecord(name: string): boolean {
    return Object.values(this.#from.records).some((fields) => Object.values(fields).some((field) => field.kind === 'record' && field.record === name));
  }
}

interface Ranged { readonly range?: readonly [number, number] }
const EVERYTHING = [-Infinity, Infinity] as const;
