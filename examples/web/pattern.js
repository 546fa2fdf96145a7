// The test picture.
import { brush, canvas } from './dom.js';
import { encoder, now } from './text.js';

const BARS = ['#bfbfbf', '#bfbf00', '#00bfbf', '#00bf00', '#bf00bf', '#bf0000', '#0000bf'];

/** @param {number} n */
export function drawPattern(n) {
  const { width, height } = canvas('pattern');
  const g = brush(canvas('pattern'));
  for (const [i, colour] of BARS.entries()) {
    g.fillStyle = colour;
    g.fillRect((i * width) / 7, 0, width / 7 + 1, height * 0.68);
  }
  const ramp = g.createLinearGradient(0, 0, width, 0);
  ramp.addColorStop(0, '#000');
  ramp.addColorStop(1, '#fff');
  g.fillStyle = ramp;
  g.fillRect(0, height * 0.68, width, height * 0.08);
  g.fillStyle = '#0b0f14';
  g.fillRect(0, height * 0.76, width, height * 0.24);
  g.fillStyle = 'rgb(255 255 255 / 75%)';
  g.fillRect(((n * 4) % (width + 24)) - 24, 0, 3, height * 0.68);
  const radius = height * 0.2;
  const [x, y] = [width / 2, height * 0.36];
  g.fillStyle = '#0b0f14';
  g.beginPath();
  g.arc(x, y, radius, 0, 7);
  g.fill();
  g.strokeStyle = '#4fc3d7';
  g.lineWidth = 6;
  g.beginPath();
  g.arc(x, y, radius - 6, -Math.PI / 2, -Math.PI / 2 + ((now() % 1000) / 1000) * 2 * Math.PI);
  g.stroke();
  g.fillStyle = '#fff';
  g.textAlign = 'center';
  g.textBaseline = 'middle';
  g.font = `600 ${height * 0.15}px ui-monospace, "DejaVu Sans Mono", monospace`;
  g.fillText(String(n), x, y, radius * 1.6);
  g.font = `${height * 0.1}px ui-monospace, "DejaVu Sans Mono", monospace`;
  g.fillText(new Date().toISOString().slice(11, 23), width / 2, height * 0.885);
}

/**
 * A frame as a JPEG whose comment segment says when it was made, so that its latency can be seen.
 * @param {number} n
 */
export async function pictureObject(n) {
  const comment = encoder.encode(`moqt ${now()}`);
  drawPattern(n);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas('pattern').toBlob(resolve, 'image/jpeg', 0.8));
  if (blob === null) throw new TypeError('this browser makes no JPEG');
  const jpeg = new Uint8Array(await blob.arrayBuffer());
  const head = [0xff, 0xd8, 0xff, 0xfe, 0, comment.length + 2, ...comment];
  const object = new Uint8Array(head.length + jpeg.length - 2);
  object.set(head);
  object.set(jpeg.subarray(2), head.length);
  return object;
}
