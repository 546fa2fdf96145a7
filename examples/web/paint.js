// What changes by itself.
import { Arrivals } from './arrivals.js';
import { paintLatencies, paintRates } from './charts.js';
import { $, element, show } from './dom.js';
import { showPublication } from './publishing.js';
import { state } from './state.js';
import { decimal, duration, now, preview, size } from './text.js';

/** @param {readonly import('./state.js').Row[]} rows */
function paintRows(rows) {
  $('list-empty').hidden = rows.length > 0;
  $('list').replaceChildren(
    ...rows.map(({ kind, cells, payload }) => {
      const row = document.createElement('tr');
      row.dataset.kind = kind;
      row.append(...[...cells, ...(payload ? [preview(payload)] : [])].map((text) => element('td', text)));
      return row;
    }),
  );
}

/** Everything that moves. */
export function paint() {
  const { session, publication, subscription, finished } = state;
  if (session !== null) {
    const { rttMs, sentBytes, receivedBytes } = session.transport.stats();
    // Not every browser tells; SETUP took one round trip.
    show('fact-rtt', rttMs === null ? `${duration(session.setupMs)}, at SETUP` : duration(rttMs));
    show('fact-sent', size(sentBytes));
    show('fact-received', size(receivedBytes));
  }
  if (publication !== null) {
    const report = publication.publisher.report();
    showPublication(report);
    show('publish-status', report.subscribers > 0 ? 'publishing' : 'waiting for a subscriber');
  }
  const shown = subscription ?? finished;
  paintArrivals(shown?.arrivals ?? new Arrivals(), shown?.endedAt ?? now());
  if (shown === null) return;
  show('objects', shown.payload.objects.toLocaleString('en'));
  show('bytes', size(shown.payload.bytes));
  const missing = shown.report?.().missing;
  show('missing', missing ? `${missing.groups + missing.objects + missing.streams}` : '0');
  if (!shown.listed) paintRows(shown.rows);
  shown.listed = true;
}

/**
 * @param {Arrivals} arrivals
 * @param {number} time
 */
function paintArrivals(arrivals, time) {
  arrivals.forget(time);
  const rates = arrivals.rates(time);
  const recent = rates.slice(-4);
  /** @param {'objects' | 'bytes'} key */
  const mean = (key) => recent.reduce((sum, one) => sum + one[key], 0) / recent.length;
  const perSecond = decimal.format(mean('objects'));
  const latency = paintLatencies(arrivals.points, time);
  paintRates(rates);
  show('rate-now', perSecond);
  show('latency-now', latency);
  show('throughput', `${size(mean('bytes'))}/s`);
  $('rate-chart').setAttribute('aria-label', `Objects per second, now ${perSecond}`);
  $('latency-chart').setAttribute('aria-label', `Latency of the objects of the last 30 seconds: ${latency}`);
}
