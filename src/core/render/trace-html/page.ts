import { createHash } from 'node:crypto';
import { embedJson } from './embed.js';
import type { PageData } from './page-data.js';

/** What the build makes of `client/` and `style.css`. */
export interface PageAssets {
  /** One classic script. */
  readonly script: string;
  readonly style: string;
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='8' fill='%230b7285'/%3E%3Cpath d='M7 9v15M25 9v15M7 13h15m-4-4 4 4-4 4M25 20H10' fill='none' stroke='white' stroke-width='2.4' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/**
 * The page. Nothing of the trace is in the markup: the data is JSON, which the script shows as text. The policy lets this
 * one script and style sheet run and nothing be loaded, whatever the data says.
 */
export function pageHtml(data: PageData, { script, style }: PageAssets): string {
  // Within strings, the only place where a script can hold it, `<\/` is the same and does not end the element.
  const code = script.replace(/<\/(?=script)/gi, '<\\/');
  const policy = [
    "default-src 'none'",
    `script-src ${hash(code)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>MoQT trace</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
${BODY}
<script type="application/json" id="data">${embedJson(data)}</script>
<script>${code}</script>
</body>
</html>
`;
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const BODY = `<a class="skip" href="#sequence-box">Skip to the messages</a>
<div class="wrap">
<header>
  <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8"/><path d="M7 9v15M25 9v15M7 13h15m-4-4 4 4-4 4M25 20H10"/></svg>
  <div class="brand"><p>MoQT trace</p><h1 id="title">Trace</h1></div>
  <dl id="facts" class="facts"></dl>
</header>
<noscript><p class="panel notice">This page draws a trace with a script, and scripts are off. <code>moqt trace show FILE</code> prints the same events as text.</p></noscript>
<ul id="notes" class="notes" hidden></ul>
<section class="summary" aria-label="Summary">
  <dl id="counts" class="counts"></dl>
  <ul id="endings" class="endings" aria-label="How it ended"></ul>
</section>
<div class="tools" role="toolbar" aria-label="Search, filters and zoom">
  <div class="search">
    <label class="hide" for="search">Search messages, namespaces, tracks and codes</label>
    <input id="search" type="search" placeholder="Search ( / )" autocomplete="off" spellcheck="false">
    <output id="search-count" for="search" aria-live="polite"></output>
    <button id="search-previous" type="button" aria-label="Previous match" disabled>↑</button>
    <button id="search-next" type="button" aria-label="Next match" disabled>↓</button>
  </div>
  <fieldset id="filters" class="chips"><legend class="hide">Show</legend></fieldset>
  <label id="peer-label" class="peer" hidden>Session <select id="peer"></select></label>
  <div class="zoom">
    <output id="range"></output>
    <button id="zoom-in" type="button" aria-label="Zoom in" title="Zoom in  ( + )">+</button>
    <button id="zoom-out" type="button" aria-label="Zoom out" title="Zoom out  ( − )">−</button>
    <button id="zoom-all" type="button" title="Show everything  ( 0 )">All</button>
  </div>
</div>
<div class="columns">
<main>
  <section class="panel" aria-labelledby="timeline-title">
    <h2 id="timeline-title">Timeline</h2>
    <p class="hint" id="timeline-hint">Drag to move, Ctrl + wheel or pinch to zoom, Shift + drag to zoom into a range. Keys: ← → + − 0, ↑ ↓ from event to event.</p>
    <div id="overview" class="canvas-box overview"></div>
    <div id="timeline" class="canvas-box timeline" tabindex="0" role="application" aria-labelledby="timeline-title" aria-describedby="timeline-hint"></div>
    <ul id="legend" class="legend" aria-label="Colours"></ul>
  </section>
  <section class="panel" id="latency-panel" aria-labelledby="latency-title">
    <h2 id="latency-title">Times</h2>
    <div id="latency" class="canvas-box"></div>
    <ul id="latency-legend" class="legend"></ul>
  </section>
  <section class="panel" aria-labelledby="sequence-title">
    <div class="heading"><h2 id="sequence-title">Messages</h2>
      <label class="check"><input id="only-view" type="checkbox"> only the time in view</label></div>
    <div id="sequence-head" class="sequence-head" aria-hidden="true"></div>
    <div id="sequence-box" class="sequence" tabindex="0" role="listbox" aria-labelledby="sequence-title"></div>
    <p id="sequence-note" class="hint" hidden></p>
  </section>
  <section class="panel" id="grid-panel" aria-labelledby="grid-title">
    <div class="heading"><h2 id="grid-title">Objects by group</h2>
      <label class="peer">Track <select id="grid-track"></select></label></div>
    <p id="grid-note" class="hint"></p>
    <div id="grid" class="canvas-box grid" tabindex="0" role="img" aria-labelledby="grid-title grid-note"></div>
    <ul id="grid-legend" class="legend"></ul>
  </section>
  <section class="panel" aria-labelledby="tables-title">
    <h2 id="tables-title">Tables</h2>
    <div id="tables"></div>
  </section>
</main>
<aside id="details" class="panel details" aria-labelledby="details-title" aria-live="polite">
  <div class="heading"><h2 id="details-title">Details</h2><button id="details-close" type="button" aria-label="Close the details" hidden>×</button></div>
  <div id="details-body"><p class="hint">Select a message, a stream or an object to see its fields and bytes.</p></div>
</aside>
</div>
<footer>Made by moqt. The page is complete in itself: it loads nothing and sends nothing.</footer>
</div>
<div id="tooltip" class="tooltip" role="tooltip" hidden></div>`;
