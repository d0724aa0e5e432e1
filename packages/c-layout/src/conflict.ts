import { fillRecord, type Conflict } from './codec.ts';

/** Fields on the same bytes whose values differ there: which of them counts would be a guess. */
export const conflict: Conflict = (record, value) => {
  const written = (fill: number, write: (view: DataView) => void): Uint8Array => {
    const bytes = new Uint8Array(record.size).fill(fill);
    write(new DataView(bytes.buffer));
    return bytes;
  };
  const together = written(0, (view) => { fillRecord(record, view, 0, value); });
  for (const codec of record.$codecs.all) {
    const part = value[codec.name];
    if (part === undefined) continue;
    // Bits that come out alike over zeros and over ones are this field's; the others are padding, or not given.
    const alone = [0x00, 0xff].map((fill) => written(fill, (view) => { codec.set(view, codec.offset, part); }));
    const byte = together.findIndex((is, i) => ((is ^ alone[0]![i]!) & ~(alone[0]![i]! ^ alone[1]![i]!)) !== 0);
    if (byte >= 0) return { code: 'CONFLICT', path: codec.name, message: `byte ${byte} of ${record.name} was given another value by a field that shares it`, value: part };
  }
  return undefined;
};
