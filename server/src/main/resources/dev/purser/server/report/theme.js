// Colours, dashes and markers. The colours are those of the style sheet, which has a light and a dark set; each stack also
// has a marker and a dash of its own, so that no one needs to tell colours apart.

const root = document.documentElement;
const colour = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();

const COLOURS = 8;
const SYMBOLS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'path://M0 0H10L5 9Z', // a triangle on its head
  'path://M3 0h4v3h3v4h-3v3h-4v-3h-3v-4h3z', // a plus
  'path://M5 0L10 4L8 10H2L0 4Z', // a pentagon
];

/** What a line looks like in a legend. */
const LEGEND_LINE = 'path://M0 4h24v2H0z';
const LEGEND_DASHES = 'path://M0 4h6v2H0zM9 4h6v2h-6zM18 4h6v2h-6z';

const DASHES = ['solid', [8, 4], [2, 3], [10, 3, 2, 3], [14, 4], [5, 2, 2, 2, 2, 2]];

function stackStyle(index) {
  return {
    colour: colour('c' + ((index % COLOURS) + 1)),
    symbol: SYMBOLS[index % SYMBOLS.length],
    dash: DASHES[index % DASHES.length],
  };
}

/** Hatching for the parts of a bar, from none to dense. */
function hatch(index) {
  const line = 'rgba(255, 255, 255, 0.45)';
  const kinds = [
    null,
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1.5, 5], rotation: -Math.PI / 4, color: line },
    { symbol: 'circle', dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.5, color: line },
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [1.5, 5], rotation: Math.PI / 4, color: line },
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: 0, color: line },
    { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: Math.PI / 2, color: line },
  ];
  return kinds[index % kinds.length];
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** What all charts share. */
function base() {
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: FONT, fontSize: 12, color: colour('text') },
    tooltip: {
      confine: true,
      backgroundColor: colour('card'),
      borderColor: colour('line'),
      textStyle: { color: colour('text'), fontSize: 13 },
      extraCssText: 'box-shadow: 0 4px 16px rgba(0,0,0,.18); border-radius: 8px;',
    },
  };
}

const LEGEND_TEXT = 180, LEGEND_GAP = 12, LEGEND_ROW = 26, LEGEND_ROWS = 6;
const ruler = document.createElement('canvas').getContext('2d');

/** A legend above a chart of some width: it takes as many rows as it needs, or pages where those would be too many. */
function legend(items, width, itemWidth = 24) {
  ruler.font = '12px ' + FONT;
  const room = width - 12 + LEGEND_GAP;
  let rows = items.length === 0 ? 0 : 1, used = 0;
  for (const item of items) {
    const size = itemWidth + 6 + Math.min(LEGEND_TEXT, ruler.measureText(item.name ?? item).width) + LEGEND_GAP;
    if (used > 0 && used + size > room) {
      rows++;
      used = 0;
    }
    used += size;
  }
  const pages = rows > LEGEND_ROWS;
  return {
    height: (pages ? 1 : rows) * LEGEND_ROW,
    option: legendOption(items, { type: pages ? 'scroll' : 'plain', top: 0, left: 0, right: 0, itemWidth }),
  };
}

/** A name that fits into a legend. */
function shortened(name) {
  if (ruler.measureText(name).width <= LEGEND_TEXT) return name;
  let length = name.length;
  while (length > 1 && ruler.measureText(name.slice(0, length) + '…').width > LEGEND_TEXT) length--;
  return name.slice(0, length) + '…';
}

function legendOption(data, more) {
  return {
    data,
    itemHeight: 10,
    itemGap: LEGEND_GAP,
    textStyle: { color: colour('text'), fontFamily: FONT },
    formatter: shortened,
    inactiveColor: colour('line'),
    pageTextStyle: { color: colour('muted') },
    pageIconColor: colour('text'),
    pageIconInactiveColor: colour('line'),
    pageIconSize: 11,
    ...more,
  };
}

function axis(more) {
  return {
    axisLine: { show: true, lineStyle: { color: colour('line') } },
    axisTick: { show: false },
    nameTextStyle: { color: colour('muted'), fontFamily: FONT, fontSize: 12 },
    splitLine: { lineStyle: { color: colour('grid') } },
    ...more,
    axisLabel: { color: colour('muted'), fontFamily: FONT, hideOverlap: true, ...(more.axisLabel || {}) },
  };
}

const below = (name) => ({ name, nameLocation: 'middle', nameGap: 30 });
const above = (name) => ({ name, nameLocation: 'end', nameGap: 10, nameTextStyle: { align: 'left', padding: [0, 0, 0, -44], color: colour('muted'), fontFamily: FONT } });

/** Whether the page is laid out for paper: at its own width and never dark. */
let printing = false;

function setTheme(name) {
  root.dataset.theme = name;
  page('theme').textContent = name === 'dark' ? 'Light' : 'Dark';
  page('theme').setAttribute('aria-label', 'Switch to the ' + (name === 'dark' ? 'light' : 'dark') + ' theme');
}

/** Draws the page, and again whenever its theme, its width or its medium changes. */
function keepDrawn(redraw) {
  setTheme(root.dataset.theme);
  page('theme').addEventListener('click', () => {
    setTheme(root.dataset.theme === 'dark' ? 'light' : 'dark');
    redraw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
    setTheme(event.matches ? 'dark' : 'light');
    redraw();
  });
  const main = document.querySelector('main');
  let width = main.clientWidth;
  new ResizeObserver(() => {
    if (main.clientWidth !== width && !printing) {
      width = main.clientWidth;
      redraw();
    }
  }).observe(main);
  let themeBefore = root.dataset.theme;
  addEventListener('beforeprint', () => {
    printing = true;
    themeBefore = root.dataset.theme;
    root.dataset.theme = 'light';
    redraw();
  });
  addEventListener('afterprint', () => {
    printing = false;
    root.dataset.theme = themeBefore;
    redraw();
  });
  redraw();
}
