import { FLEXIBLE } from '../field.ts';
import type { Layout } from '../layout.ts';
import { isBytes, plus, property, UNROLLED, type FlatField, type NameOf } from './flat-fields.ts';
import { scalarCode } from './scalar-code.ts';

/** Code for one field: `v` is the DataView, `a` the record's place. */
interface Read {
  /** Statements before the object is made. */
  readonly before?: string;
  readonly get: string;
}

/** The method that reads a value at a place that was checked. */
export function reader(fields: readonly FlatField[], nameOf: NameOf): string {
  const reads = fields.map((field, i) => read(field, i, nameOf));
  return `$get(v,a){${reads.map(({ before = '' }) => before).join('')}return{${fields.map(({ name }, i) => `${property(name)}:${reads[i]!.get}`).join()}}}`;
}

function read(field: FlatField, index: number, nameOf: NameOf): Read {
  const { element, dims, offset, bits, truth = false } = field;
  const p = plus('a', offset);
  const [count, ...more] = dims;
  const generic = { get: `this.$read(${index},v,a)` };
  if (bits || more.length > 0) return generic;
  if (count === FLEXIBLE) return { get: isBytes(field) ? 'bytes(v,0,0)' : '[]' };
  if (typeof element !== 'string') {
    if (element.kind === 'union') return count === undefined ? { get: `bytes(v,${p},${element.size})` } : generic;
    return count === undefined ? { get: `${nameOf(element)}.$get(v,${p})` } : records(element, nameOf(element), index, p, count);
  }
  const { name, size, get, loops } = scalarCode(element, truth);
  if (count === undefined) return { get: get('v', p) };
  if (isBytes(field)) return { get: `bytes(v,${p},${count})` };
  if (count <= UNROLLED) return { get: `[${Array.from({ length: count }, (_, i) => get('v', plus('a', offset + i * size))).join()}]` };
  return loops ? { get: `${name}s(v,${p},${count})` } : generic;
}

/** Of its length at once: to grow it would copy it five times for a hundred records. */
function records({ size }: Layout<unknown>, name: string, index: number, p: string, count: number): Read {
  const list = `$${index}`;
  return { before: `const ${list}=new Array(${count});for(let i=0;i<${count};i++)${list}[i]=${name}.$get(v,${p}+${size}*i);`, get: list };
}
