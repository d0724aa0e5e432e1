import { sha384 } from '@noble/hashes/sha2.js';
import { composeFmc } from '../fmc.ts';
import type { FmcShape } from './shapes.ts';
import { digestOf, fillFrom, putHeader, signatureBlock } from './ucode.ts';

/** A GSP-FMC: its image starts with the header, and its signature is over all of it. */
export function syntheticFmc({ imageSize, publicKeySize, signatureSize }: FmcShape, { chip, version, file }: { readonly chip: string; readonly version: string; readonly file: string }): Uint8Array {
  const image = fillFrom(`${file} ${chip}`, new Uint8Array(imageSize));
  putHeader(image, { kind: 'fmc', version, chip, imemLength: image.length, dmemLength: 0 });
  // Of keys that are no multiple of four the rest is zero.
  const publicKey = new Uint8Array(publicKeySize);
  fillFrom(`${file} key`, publicKey.subarray(0, publicKeySize - (publicKeySize % 4)));
  return composeFmc({ image, hash: sha384(image), publicKey, signature: signatureBlock(signatureSize, 0, digestOf(image)) }, file);
}
