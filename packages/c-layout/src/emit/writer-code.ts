import { FLEXIBLE } from '../field.ts';
import type { Layout } from '../layout.ts';
import { SCRATCH } from '../scratch.ts';
import { isBytes, plus, property, UNROLLED, type FlatField, type NameOf } from './flat-fields.ts';
import { scalarCode, type ScalarCode } from './scalar-code.ts';

/** Scalars of a record that is written without the scratch: about as many as there are registers. */
const FEW = 16;

/**
 * Code that writes one field. All values are looked up once and kept in variables; `v` is the DataView, `a` the place.
 * The parts stand in this order, each for all fields.
 */
interface Write {
  /** True when the value in the variable can be written, or when what it must be at least. */
  readonly is: readonly string[];
  /** Variables for the elements of a short array, and true when each can be written. */
  readonly elements?: { readonly names: readonly string[]; readonly from: string; readonly is: readonly string[] };
  /** Puts into the scratch what was checked. */
  readonly put?: string;
  /** Checks and puts into the scratch; a statement that returns false when that is refused. */
  readonly putOrRefuse?: string;
  /** Writes to `v` what was checked; missing where only the scratch will do. */
  readonly set?: string;
}

/** The methods that write a value; none where that needs more judgement than code is worth. */
export function writer(layout: Layout<unknown>, fields: readonly FlatField[], nameOf: NameOf): readonly string[] {
  const { size } = layout;
  if (size > SCRATCH || fields.length === 0) return [];
  const writes = fields.map((field, i) => write(layout, field, i, nameOf));
  const all = (part: (each: Write) => string | undefined): string => writes.map((each) => part(each) ?? '').join('');
  const unless = (checks: readonly string[]): string => `if(!(${checks.join('&&')}))return;`;
  const elements = writes.flatMap((each) => each.elements ?? []).filter(({ names }) => names.length > 0);
  // Taking null apart throws; who calls takes that for a refusal.
  const begin = [
    `const{${fields.map(({ name }, i) => `${property(name)}:$${i}`).join()}}=x;`,
    unless(['isObject(x)', ...writes.flatMap(({ is }) => is)]),
    ...(elements.length === 0 ? [] : [
      `const ${elements.flatMap(({ names, from }) => names.map((name, i) => `${name}=${from}[${i}]`)).join()};`,
      unless(elements.flatMap(({ is }) => is)),
    ]),
  ].join('');
  const slots = elements.reduce((sum, { names }) => sum + names.length - 1, writes.length);
  const put = all((each) => each.put) + all((each) => each.putOrRefuse);
  if (slots > FEW || writes.some(({ set }) => set === undefined)) return [`$put(v,a,x){${begin}${put}return true}`];
  return [
    'encode(v,a,x){try{if(a>=0&&this.$put(v,a,x))return}catch{}this.$encode(v,a,x)}',
    `$put(v,a,x){${begin}if(v){v.getUint8(a+${size - 1});${all((each) => each.set)}}else{${put}}return true}`,
  ];
}

function write(layout: Layout<unknown>, field: FlatField, index: number, nameOf: NameOf): Write {
  const { element, dims, offset, bits, truth = false } = field;
  const p = plus('a', offset);
  const x = `$${index}`;
  const [count, ...more] = dims;
  const generic = refusing(`this.$fill(${index},a,${x})`);
  if (bits || more.length > 0) return generic;
  // No elements in a value, and none needed to write it.
  if (count === FLEXIBLE) return { is: [`(${x}===undefined||${isBytes(field) ? `${x} instanceof Uint8Array&&${x}.length===0` : `isList(${x},0)`})`], set: '' };
  if (typeof element !== 'string') {
    if (element.kind === 'union') return count === undefined ? refusing(`putBytes(${p},${element.size},${x})`) : generic;
    // Where the record around it may lie at any byte, so may this one, and typed arrays want their elements aligned.
    if (offset % element.align !== 0 || layout.align < element.align) return generic;
    const name = nameOf(element);
    if (count === undefined) return refusing(`${name}.$put(v,${p},${x})`);
    return { is: [`isList(${x},${count})`], putOrRefuse: `for(let i=0;i<${count};i++)if(!${name}.$put(v,${p}+${element.size}*i,${x}[i]))return;` };
  }
  const code = scalarCode(element, truth);
  const aligned = offset % code.size === 0 && layout.align >= code.size;
  if (count === undefined) return { is: [code.is(x)], put: stored(code, aligned, offset, x), set: `${code.set('v', p, x)};` };
  if (isBytes(field)) return refusing(`putBytes(${p},${count},${x})`);
  if (count <= UNROLLED) return fewScalars(code, aligned, offset, count, x);
  return code.loops && aligned ? refusing(`put${code.name.toUpperCase()}s(${p},${count},${x})`) : generic;
}

function refusing(call: string): Write {
  return { is: [], putOrRefuse: `if(!${call})return;` };
}

function fewScalars(code: ScalarCode, aligned: boolean, offset: number, count: number, x: string): Write {
  const names = Array.from({ length: count }, (_, i) => `${x}_${i}`);
  const at = (i: number): number => offset + i * code.size;
  return {
    is: [`isList(${x},${count})`],
    elements: { names, from: x, is: names.map((name) => code.is(name)) },
    put: names.map((name, i) => stored(code, aligned, at(i), name)).join(''),
    set: names.map((name, i) => `${code.set('v', plus('a', at(i)), name)};`).join(''),
  };
}

function stored({ size, typed, set }: ScalarCode, aligned: boolean, offset: number, x: string): string {
  if (!typed || !aligned) return `${set('scratch', plus('a', offset), x)};`;
  const place = plus('a', offset);
  return `${typed.array}[${size === 1 ? place : `${place}>>${Math.log2(size)}`}]=${typed.stored(x)};`;
}
