/* The histogram of a rule's signal over the clips that it judges: those that all rules keep, and above them the rest. */

const MOST_BINS = 96;

class Histogram {
  constructor(canvas, rule) {
    this.canvas = canvas;
    this.rule = rule;
  }

  /** Which bin each code is in, and how many clips are in each. */
  #prepare() {
    const {axis, codes, judged} = this.rule;
    const slots = axis.end;
    this.bins = Math.min(MOST_BINS, slots);
    this.binOf = new Uint8Array(2 * axis.thresholds.length + 2);
    for (let code = 0; code < this.binOf.length; code++) {
      this.binOf[code] = Math.floor(((code + 1) >> 1) * this.bins / slots);
    }
    this.all = new Uint32Array(this.bins);
    this.kept = new Uint32Array(this.bins);
    for (let i = 0; i < codes.length; i++) {
      if (judged[i] && codes[i] < NOT_APPLICABLE) this.all[this.binOf[codes[i]]]++;
    }
    this.most = this.all.reduce((most, count) => Math.max(most, count), 0);
  }

  /** Count the kept anew and draw; `first` has 0 for each kept clip. */
  draw(first) {
    if (!this.all) this.#prepare();
    const {codes, judged} = this.rule, {kept, binOf} = this;
    kept.fill(0);
    for (let i = 0; i < codes.length; i++) {
      if (!first[i] && judged[i] && codes[i] < NOT_APPLICABLE) kept[binOf[codes[i]]]++;
    }
    this.#paint();
  }

  #paint() {
    const {canvas, bins} = this, scale = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    this.#bars(pen, width / bins, height, width / bins > 4 * scale ? scale : 0);
    this.#outside(pen, width, height, scale);
  }

  /** Heights go by the square root, so that tails, where thresholds are set, can be seen. */
  #bars(pen, step, height, gap) {
    for (let bin = 0; bin < this.bins; bin++) {
      if (!this.all[bin]) continue;
      const top = Math.max(2, Math.sqrt(this.all[bin] / this.most) * (height - 4));
      const blue = top * this.kept[bin] / this.all[bin];
      pen.fillStyle = colours.rejected;
      pen.globalAlpha = 0.6;  // what is kept is to be seen first
      pen.fillRect(bin * step, height - top, step - gap, top - blue);
      pen.globalAlpha = 1;
      pen.fillStyle = colours.kept;
      pen.fillRect(bin * step, height - blue, step - gap, blue);
    }
  }

  #outside(pen, width, height, scale) {
    const {rule} = this, {axis} = rule;
    const [left, right] = ["min", "max"].map((side) => axis.position(side, rule[side]) / axis.end * width);
    pen.fillStyle = colours.outside;
    if (rule.min !== null) pen.fillRect(0, 0, left, height);
    if (rule.max !== null) pen.fillRect(right, 0, width - right, height);
    pen.fillStyle = colours.ink;
    if (rule.min !== null) pen.fillRect(left - scale, 0, 1.5 * scale, height);
    if (rule.max !== null) pen.fillRect(right - scale / 2, 0, 1.5 * scale, height);
  }
}

const colours = {};

/** The style sheet's colours, read anew where light turns to dark. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["kept", "rejected", "outside", "ink"]) colours[name] = style.getPropertyValue(`--${name}`).trim();
}
