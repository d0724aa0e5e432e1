// In which module each item lies. What several versions have alike lies once, in a module of these versions; what other
// subjects need of one lies apart from it, so that importing the static configuration does not load every internal
// control. Neither kind is an entry point: the subjects pass on what is theirs.
import { namespaceOf } from '../namespace.ts';
import type { Catalogue, Item } from './items.ts';

/** The path of a module below the folder of modules, without extension, for every item. */
export function placesOf(catalogue: Catalogue): ReadonlyMap<Item, string> {
  const items = new Set([...catalogue.values()].flatMap((subjects) => [...subjects.values()].flat()));
  const apart = neededApart(items);
  const whole = new Map<string, Item[]>();
  for (const item of items) {
    const place = main(item);
    const found = whole.get(place);
    if (found) found.push(item);
    else whole.set(place, [item]);
  }
  const places = new Map<Item, string>();
  for (const [place, all] of whole) {
    // Where everything is needed elsewhere, nothing is gained by a second module.
    const split = !all.every((item) => apart.has(item));
    for (const item of all) places.set(item, split && apart.has(item) ? `parts/${label(item)}/${item.subject}.apart` : place);
  }
  return places;
}

const label = ({ versions }: Item): string => versions.map(namespaceOf).join('-');
const main = (item: Item): string => `${item.versions.length > 1 ? 'parts/' : ''}${label(item)}/${item.subject}`;

/** The records that other subjects need, with what these need of their own subject. In rpc/ a module is one record already. */
function neededApart(items: Iterable<Item>): ReadonlySet<Item> {
  const apart = new Set<Item>();
  const need = (item: Item): void => {
    if (apart.has(item) || item.subject.startsWith('rpc/')) return;
    apart.add(item);
    for (const inner of item.needs) if (inner.subject === item.subject) need(inner);
  };
  for (const { subject, needs } of items) for (const inner of needs) if (inner.subject !== subject) need(inner);
  return apart;
}
