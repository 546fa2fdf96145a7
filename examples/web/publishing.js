// A track of one's own.
import { problem, show } from './dom.js';
import { publish } from './moqt.js';
import { Payload } from './payload.js';
import { chosen, countedBatches, countedChunks, Lines, sources, trackOf } from './sources.js';
import { changed, openSession, state } from './state.js';
import { size } from './text.js';

export async function startPublishing() {
  const ending = new AbortController();
  const aborting = new AbortController();
  const payload = new Payload();
  const lines = new Lines();
  const made = sources[chosen()]?.make(ending.signal, lines);
  if (made === undefined) throw new TypeError(`nothing is known of ${chosen()}`);
  const publisher = publish(openSession(), {
    track: trackOf('publish'),
    source:
      made.kind === 'bytes'
        ? { kind: 'bytes', chunks: countedChunks(made.chunks, payload) }
        : { kind: 'records', batches: countedBatches(made.batches, payload) },
    ...(made.kind === 'records' && made.groupEvery && { groupEvery: made.groupEvery }),
    lingerMs: 0,
    signal: aborting.signal,
  });
  state.publication = {
    publisher,
    lines,
    /** The source ends, and with it the track; who has no subscriber, or is in a hurry, leaves at once. */
    stop() {
      if (ending.signal.aborted || publisher.report().subscribers === 0) aborting.abort();
      ending.abort();
    },
  };
  show('publish-sha256', 'when it ends');
  changed();
  try {
    const { outcome, delivery } = await publisher.done;
    show('publish-status', `${outcome}${delivery === 'none' ? '' : `, ${delivery}`}`);
  } catch (error) {
    show('publish-status', 'failed');
    problem('Publishing failed', error);
  } finally {
    ending.abort();
    showPublication(publisher.report());
    state.publication = null;
    changed();
  }
  show('publish-sha256', payload.objects === 0 ? 'nothing was published' : await payload.sha256());
}

/** @param {import('./moqt.js').PublishReport} report */
export function showPublication(report) {
  show('publish-subscribers', String(report.subscribers));
  show('publish-objects', report.objects.toLocaleString('en'));
  show('publish-bytes', size(report.bytes));
}
