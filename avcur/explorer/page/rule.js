/* A rule on a signal: what it was in the filter, what it is now, and its verdict on each clip. */

const KEEP = 0, BY_FAILED = 1, BY_MISSING = 2, BY_MIN = 3, BY_MAX = 4;

class Rule {
  /** `own` is the rule of the filter, its bounds by the numbers of their thresholds; without one, a rule that is not there until a threshold is set. */
  constructor(key, signal, own) {
    this.key = key;
    this.signal = signal;
    this.own = own;
    this.axis = new Axis(signal);
    this.judgedBy = own ? own.judged : signal.judged;
    this.reset();
  }

  reset() {
    const {min, max, on_missing, on_failed} = this.own ?? {min: null, max: null, on_missing: "drop", on_failed: "drop"};
    const bound = (number) => (number === null ? null : this.axis.thresholds[number]);
    Object.assign(this, {min: bound(min), max: bound(max), on_missing, on_failed});
  }

  get isActive() {
    return this.min !== null || this.max !== null;
  }

  /** The rule as it was at first. */
  get before() {
    return this.first ??= new Rule(this.key, this.signal, this.own);
  }

  get isChanged() {
    const {before} = this;
    return ["min", "max", "on_missing", "on_failed"].some((name) => this[name] !== before[name])
      && (this.isActive || before.isActive);
  }

  get codes() {
    return array(this.signal.codes, Uint16Array);
  }

  get judged() {
    return mask(this.judgedBy);
  }

  /** Move a bound (null: open), to a threshold or what `Axis.exact` allows; the other one gives way. */
  move(side, bound) {
    this[side] = bound;
    if (this.min === null || this.max === null || this.min <= this.max) return;
    this[side === "min" ? "max" : "min"] = bound;
  }

  /** Whether nothing can come of it: no clip that it judges, or no value to judge any by. */
  get isIdle() {
    return this.idle ??= !this.axis.thresholds.length || !this.judged.includes(255);
  }

  /** What becomes of each code: the order is the filter's, so that a value under `min` says so whatever `max` is. */
  table() {
    const table = Rule.scratch;
    table.fill(KEEP);
    if (this.max !== null) table.fill(BY_MAX, this.axis.greatest(this.max) + 1);
    if (this.min !== null) table.fill(BY_MIN, 0, this.axis.least(this.min));
    // `error` has let nothing through but clips of which nothing was measured, and those it keeps.
    table[FAILED] = this.on_failed === "drop" ? BY_FAILED : KEEP;
    table[NOT_APPLICABLE] = this.on_missing === "drop" ? BY_MISSING : KEEP;
    return table;
  }

  /** Judge all clips anew. */
  judge() {
    this.verdicts ??= new Uint8Array(data.clips.count);
    const {verdicts, codes, judged} = this, table = this.table();
    for (let i = 0; i < codes.length; i++) verdicts[i] = table[codes[i]] & judged[i];
  }

  /** How many clips have no value or are not judged. */
  get lacking() {
    return this.counted ??= countLacking(this);
  }

  /** The reason that the filter gives for a verdict. */
  reason(verdict) {
    const name = this.signal.name;
    switch (verdict) {
      case BY_FAILED: return `${name} failed`;
      case BY_MISSING: return `${name} not applicable`;
      case BY_MIN: return `${name} < ${boundText(this.min)}`;
      default: return `${name} > ${boundText(this.max)}`;
    }
  }
}

Rule.scratch = new Uint8Array(0x10000);

function countLacking(rule) {
  const {codes, judged} = rule;
  const found = {failed: 0, missing: 0, skipped: 0};
  for (let i = 0; i < codes.length; i++) {
    if (!judged[i]) found.skipped++;
    else if (codes[i] === FAILED) found.failed++;
    else if (codes[i] === NOT_APPLICABLE) found.missing++;
  }
  return found;
}
