import type { TraceSink } from './create.ts';
import { TraceError } from './errors.ts';
import { FORMATS, formatText, textArguments } from './format.ts';
import type { PointSpec, PointTable } from './trace.ts';

export interface TimelineOptions {
  /** Which points to show; default steps and warnings. */
  readonly levels?: readonly PointSpec['level'][];
}

/** Width of the column of layers, wide enough for our longest package name that speaks. */
const LAYER_WIDTH = 14;
const TIME_WIDTH = 12;

/**
 * One table of all points, with duplicates and unknown formats refused.
 *
 * @throws {@link TraceError} `BAD_POINT_TABLE`.
 */
export function joinPoints(tables: readonly PointTable[]): ReadonlyMap<string, PointSpec> {
  const all = new Map<string, PointSpec>();
  for (const table of tables) {
    for (const [point, spec] of Object.entries(table)) {
      if (all.has(point)) throw new TraceError('BAD_POINT_TABLE', `Point ${point} is declared twice`);
      for (const { name, format } of textArguments(spec.text)) {
        if (format !== undefined && !(FORMATS as readonly string[]).includes(format)) {
          throw new TraceError('BAD_POINT_TABLE', `Format of {${name}:${format}} in ${point} is unknown: expected one of ${FORMATS.join(', ')}`);
        }
      }
      all.set(point, spec);
    }
  }
  return all;
}

/** Writes the events that people want to see, one per line without line end: time in ms, layer, what happened. */
export function timeline(tables: readonly PointTable[], write: (line: string) => void, options: TimelineOptions = {}): TraceSink {
  const points = joinPoints(tables);
  const levels = new Set(options.levels ?? ['step', 'warning']);
  return ({ at, point, args }) => {
    const spec = points.get(point);
    if (!spec || !levels.has(spec.level)) return;
    const time = `${(at / 1e6).toFixed(3)} ms`.padStart(TIME_WIDTH);
    const layer = point.slice(0, point.indexOf('.')).padEnd(LAYER_WIDTH);
    const mark = spec.level === 'warning' ? '! ' : '';
    write(`${time}  ${layer}${mark}${formatText(spec.text, args)}`);
  };
}
