import {SAMPLES, milliseconds} from './latency.js';

const SVG = 'http://www.w3.org/2000/svg';
const LEFT = 48;
const RIGHT = 316;
const TOP = 10;
const BOTTOM = 106;

/** Draws the last publishes: a tick for the reply, a dot for the own message, time upward, newest at the right. */
export function drawChart(svg, samples) {
  const highest = Math.max(1, ...samples.flatMap((s) => [s.reply, s.own ?? 0]));
  const {top, step} = scale(highest);
  const y = (ms) => BOTTOM - (ms / top) * (BOTTOM - TOP);
  const x = (i) => RIGHT - 5 - (samples.length - 1 - i) * ((RIGHT - LEFT - 10) / (SAMPLES - 1));

  const parts = [];
  for (let i = 0; i * step <= top * 1.001; i++) {
    const ms = i * step;
    parts.push(element('line', {class: i === 0 ? 'axis' : 'grid', x1: LEFT, x2: RIGHT, y1: y(ms), y2: y(ms)}));
    parts.push(text(LEFT - 6, y(ms) + 3.5, 'end', tidy(ms) + (ms + step > top * 1.001 ? ' ms' : '')));
  }
  parts.push(text(LEFT, 124, 'start', `last ${SAMPLES} publishes`), text(RIGHT, 124, 'end', 'newest'));
  samples.forEach((sample, i) => {
    const at = x(i);
    const title = sample.own === undefined
      ? `reply ${milliseconds(sample.reply)}`
      : `reply ${milliseconds(sample.reply)}, own message ${milliseconds(sample.own)}`;
    const group = element('g', {});
    group.append(element('title', {}, title));
    group.append(element('line', {class: 'reply', x1: at - 2.2, x2: at + 2.2, y1: y(sample.reply), y2: y(sample.reply)}));
    if (sample.own !== undefined) {
      group.append(element('circle', {class: 'own', cx: at, cy: y(sample.own), r: 2}));
    }
    parts.push(group);
  });
  svg.replaceChildren(...parts);
}

/** The axis: two to five steps of 1, 2 or 5 times a power of ten. */
function scale(highest) {
  const power = 10 ** Math.floor(Math.log10(highest));
  for (const factor of [0.2, 0.5, 1, 2, 5]) {
    const step = factor * power;
    const steps = Math.ceil(highest / step - 1e-9);
    if (steps <= 4) {
      return {top: steps * step, step};
    }
  }
  return {top: 10 * power, step: 5 * power};
}

function tidy(ms) {
  return String(Number(ms.toPrecision(6)));
}

function text(x, y, anchor, content) {
  return element('text', {x, y, 'text-anchor': anchor}, content);
}

function element(name, attributes, content) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  if (content !== undefined) {
    made.textContent = content;
  }
  return made;
}
