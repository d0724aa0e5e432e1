import { describe, expect, it } from 'vitest';

import { CHIPS, firmwarePath, gspSignature, parseGspImage, syntheticPack, writeElf64, type Elf64, type ElfSection } from './index.ts';

const path = firmwarePath({ chip: 'ad102', kind: 'gsp', version: '570.144' });
const bytes = await syntheticPack({ chip: 'ad102', version: '570.144', imageSize: 0x3000 }).read(path);
const gsp = parseGspImage(bytes, path);

/** The image with its sections changed, as a file. */
function changed(change: (section: ElfSection) => Partial<ElfSection> & { readonly size?: number }): Uint8Array {
  const elf: Elf64 = {
    ...gsp.elf,
    sections: gsp.elf.sections.map((section) => {
      const { size, ...rest } = change(section);
      return { ...section, ...rest, header: { ...section.header, ...(size !== undefined && { size: BigInt(size) }) } };
    }),
  };
  return writeElf64(elf);
}

describe('a GSP image', () => {
  it('says its release, and holds image and signatures', () => {
    expect(gsp.version).toBe('570.144');
    expect(gsp.image).toHaveLength(0x3000);
    expect([...gsp.signatures.keys()]).toEqual(['gb20x', 'cc_gb10x', 'gb10x', 'cc_gh100', 'gh100', 'ad10x', 'ga10x']);
    for (const signature of gsp.signatures.values()) expect(signature).toHaveLength(0x1000);
  });

  it('finds the signature of every chip in its families, and says so for the others', () => {
    for (const [chip, { signature }] of Object.entries(CHIPS)) {
      if (gsp.signatures.has(signature)) expect(gspSignature(gsp, chip)).toBe(gsp.signatures.get(signature));
      else {
        expect(() => gspSignature(gsp, chip)).toThrow(
          expect.objectContaining({ code: 'WRONG_CHIP', file: path, field: `.fwsignature_${signature}`, value: chip }),
        );
      }
    }
    expect(() => gspSignature(gsp, 'constructor')).toThrow(expect.objectContaining({ code: 'WRONG_CHIP', field: 'chip' }));
  });

  it.each(['.fwimage', '.fwversion'])('needs %s', (name) => {
    const other = changed((section) => (section.name === '.shstrtab' ? { bytes: renamed(section.bytes, name, `${name.slice(0, -1)}?`) } : {}));
    expect(() => parseGspImage(other, 'f')).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: name }));
  });

  it('refuses a signature twice', () => {
    const other = changed((section) => (section.name === '.shstrtab' ? { bytes: renamed(section.bytes, '_ad10x', '_ga10x') } : {}));
    expect(() => parseGspImage(other, 'f')).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: '.fwsignature_ga10x' }));
  });

  it('refuses a version without end, without characters, or with strange ones', () => {
    for (const text of ['570.1444', '\x0070.144\0', '570\x01144\0', '570 144\0']) {
      const other = changed((section) => (section.name === '.fwversion' ? { bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)) } : {}));
      expect(() => parseGspImage(other, 'f'), JSON.stringify(text)).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: '.fwversion' }));
    }
  });

  it('refuses an empty image and empty signatures', () => {
    for (const name of ['.fwimage', '.fwsignature_ad10x']) {
      const other = changed((section) => (section.name === name ? { bytes: new Uint8Array(), size: 0 } : {}));
      expect(() => parseGspImage(other, 'f')).toThrow(expect.objectContaining({ code: 'BAD_HEADER', field: name }));
    }
  });

  it('names offset, field and value of a damaged header', () => {
    const damaged = bytes.slice();
    damaged[0x3a] = 63;
    expect(() => parseGspImage(damaged, path)).toThrow(
      `${path}: elf.sectionHeaderEntrySize at 0x3a = 0x3f: should be 64`,
    );
  });
});

function renamed(table: Uint8Array, from: string, to: string): Uint8Array {
  return Uint8Array.from(Buffer.from(table).toString('latin1').replace(from, to), (c) => c.charCodeAt(0));
}
