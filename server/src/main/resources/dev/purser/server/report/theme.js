// Colours, dashes and markers. The colours are those of the style sheet, which has a light and a dark set; each stack also
// has a marker and a dash of its own, so that no one needs to tell colours apart.

const root = document.documentElement;
const colour = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();

const COLOURS = 8;
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'pin', 'arrow'];
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

function legend(data, more) {
  return {
    type: 'scroll',
    data,
    top: 0,
    left: 0,
    right: 0,
    itemWidth: 26,
    itemHeight: 10,
    itemGap: 16,
    textStyle: { color: colour('text'), fontFamily: FONT, width: 180, overflow: 'truncate' },
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
