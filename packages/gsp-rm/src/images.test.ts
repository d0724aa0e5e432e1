import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { createGspRm } from './gsp-rm.ts';
import { sampleDigest, samplePages, verifyBootloader, verifyImage, type KnownImage } from './images.ts';
import { FakeHardware } from './testing/fake-hardware.ts';
import { hex } from './ucode.ts';

/** Stands in for a real image: no synthetic header, known by its sample. */
const image = Uint8Array.from({ length: 0x50123 }, (_, i) => (i * 7) >>> 3);
const signature = Uint8Array.from({ length: 0x1000 }, (_, i) => i);
const read = (offset: number, into: Uint8Array): void => into.set(image.subarray(offset, offset + into.length));
const known: readonly KnownImage[] = [{
  release: '570.144', size: image.length, sample: sampleDigest(image.length, read), signatures: { ad10: hex(sha256(signature)) },
}];
const AT = 0x1000_0000;

function loaded(facts = {}): FakeHardware {
  const hardware = new FakeHardware(createGspRm(), facts);
  hardware.writeVram(AT, image);
  return hardware;
}

test('a known image with the chip\'s signature', () => {
  expect(verifyImage(loaded(), AT, image.length, signature, known)).toEqual({ release: '570.144' });
});

test('another size, a changed page of the sample, another chip\'s signature', () => {
  expect(verifyImage(loaded(), AT, image.length - 1, signature, known)).toHaveProperty('refused');
  const changed = loaded();
  changed.writeVram(AT + 0x1000, Uint8Array.of(0xff));
  expect(verifyImage(changed, AT, image.length, signature, known)).toHaveProperty('refused');
  expect(verifyImage(loaded({ chip: 'ga102' }), AT, image.length, signature, known)).toHaveProperty('refused');
});

test('the sample holds the first and the last whole page, and no page twice', () => {
  for (const size of [0x1000, 0x2345, 0x40000, 63541248]) {
    const pages = samplePages(size);
    expect(pages[0]).toBe(0);
    expect(pages.at(-1)).toBe(Math.floor(size / 0x1000) - 1);
    expect(new Set(pages).size).toBe(pages.length);
  }
});

test('a bootloader that nobody knows', () => {
  expect(verifyBootloader('ad102', image, [])).toBe('unknown bootloader');
  expect(verifyBootloader('ad102', image, [{ chip: 'ad102', size: image.length, sha256: hex(sha256(image)) }])).toBeUndefined();
});
