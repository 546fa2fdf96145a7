import type { Trace } from '../../records/trace-event.js';
import type { TraceNames } from './names.js';
import { type PageAssets, pageHtml } from './page.js';
import type { PageCut } from './page-data.js';
import { preparePage } from './prepare.js';

export type { TraceNames } from './names.js';
export type { PageAssets } from './page.js';

/** One HTML page, complete in itself, that shows a trace; and what there was no room for. */
export function traceHtml(
  trace: Trace,
  names: TraceNames,
  assets: PageAssets,
): { readonly html: string; readonly cuts: readonly PageCut[] } {
  const data = preparePage(trace, names);
  return { html: pageHtml(data, assets), cuts: data.cuts };
}
