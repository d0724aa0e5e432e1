/** The text of a module, and its declarations with what an editor shows. */
export interface ModuleText {
  readonly js: string;
  readonly dts: string;
}

export function join(parts: readonly ModuleText[]): ModuleText {
  return { js: parts.map(({ js }) => js).join(''), dts: parts.map(({ dts }) => dts).join('') };
}

/** Ids and masks are read in hexadecimal, counts and sizes in decimal. */
export function literal(value: number | bigint): string {
  if (typeof value === 'bigint') return `${value}n`;
  return value > 0xffff ? `0x${value.toString(16)}` : String(value);
}

const comment = (doc: string | undefined): string => (doc === undefined ? '' : `/** ${doc} */\n`);

export function constant(name: string, value: number | bigint, doc?: string): ModuleText {
  return { js: `export const ${name}=${literal(value)};\n`, dts: `${comment(doc)}export declare const ${name} = ${literal(value)};\n` };
}

/** A field of a word, highest bit first as in C. */
export function bits(name: string, range: string): ModuleText {
  const [hi, lo] = range.split(':');
  return { js: `export const ${name}={hi:${hi},lo:${lo}};\n`, dts: `export declare const ${name}: { readonly hi: ${hi}; readonly lo: ${lo} };\n` };
}

/** Any value with its type written out. */
export function declared(name: string, type: string, doc: string, value: string): ModuleText {
  return { js: `export const ${name} = ${value};\n`, dts: `${comment(doc)}export declare const ${name}: ${type};\n` };
}
