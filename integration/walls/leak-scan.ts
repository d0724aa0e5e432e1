import { LEAKS, type LeakGroup } from "./leak-list.ts";

export interface Leak {
  readonly group: string;
  /** The entry of the list that matched. */
  readonly entry: string;
  readonly line: number;
  /** The line on which it stands, trimmed. */
  readonly text: string;
}

interface Word {
  readonly word: string;
  readonly at: number;
  readonly end: number;
}

/** The words of identifiers and prose: "guestBar1Size" is guest, bar, 1, size; "GPUs" is gpus; "wpr2" is wpr, 2. */
function wordsOf(text: string): Word[] {
  const parts = /[A-Z]+s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g;
  return [...text.matchAll(parts)].map((match) => ({
    word: match[0].toLowerCase(),
    at: match.index,
    end: match.index + match[0].length,
  }));
}

/** What may stand between two words of one name or phrase: nothing, an underscore, a hyphen, a space. */
const JOINT = /^[_\- ]?$/;

/** A listed word stands for its plural too. */
const same = (word: string, listed: string): boolean => word === listed || word === `${listed}s`;

function findWords(words: readonly Word[], text: string, phrase: readonly string[]): number[] {
  const found: number[] = [];
  for (let i = 0; i + phrase.length <= words.length; i++) {
    const matches = phrase.every((listed, k) => {
      const here = words[i + k]!;
      const joined = k === 0 || JOINT.test(text.slice(words[i + k - 1]!.end, here.at));
      return joined && same(here.word, listed);
    });
    if (matches) found.push(words[i]!.at);
  }
  return found;
}

/** Every listed name in `text`, in order of appearance. */
export function findLeaks(text: string, groups: readonly LeakGroup[] = LEAKS): Leak[] {
  const words = wordsOf(text);
  const hits: { at: number; group: string; entry: string }[] = [];
  for (const group of groups) {
    for (const entry of group.words) {
      for (const at of findWords(words, text, entry.split(" "))) hits.push({ at, group: group.name, entry });
    }
    for (const pattern of group.patterns) {
      for (const match of text.matchAll(pattern)) hits.push({ at: match.index, group: group.name, entry: match[0] });
    }
  }
  return hits
    .sort((a, b) => a.at - b.at)
    .map(({ at, group, entry }) => {
      const start = text.lastIndexOf("\n", at - 1) + 1;
      const end = text.indexOf("\n", at);
      return {
        group,
        entry,
        line: text.slice(0, at).split("\n").length,
        text: text.slice(start, end < 0 ? text.length : end).trim(),
      };
    });
}
