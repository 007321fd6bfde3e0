/* All rules together: the first that rejects a clip gives the reason. */

class Verdicts {
  constructor() {
    const {count, duration, speaker, speakers, classes} = data.clips;
    this.duration = array(duration, Float64Array);
    this.speaker = array(speaker, Uint32Array);
    this.class = array(data.clips.class, Uint32Array);
    this.first = new Uint16Array(count);  // 0: kept; else the number of the rule from 1
    this.seen = new Uint32Array(speakers + 1);
    this.run = 0;
    this.keptOf = new Uint32Array(classes.length + 1);
    this.allOf = new Uint32Array(classes.length + 1);
    for (const number of this.class) this.allOf[number]++;
    this.allHours = this.duration.reduce((sum, seconds) => sum + seconds, 0) / 3600;
  }

  /** Count anew under these rules, in the filter's order, each of which has judged. */
  count(rules) {
    const {first} = this;
    first.fill(0);
    for (let r = rules.length; r > 0; r--) {
      const {verdicts} = rules[r - 1];
      for (let i = 0; i < first.length; i++) if (verdicts[i]) first[i] = r;
    }
    this.rules = rules;
    this.#countRejected();
    this.#countKept();
  }

  #countRejected() {
    const {first, rules} = this;
    this.rejected = rules.map(() => new Uint32Array(BY_MAX + 1));
    for (let i = 0; i < first.length; i++) {
      if (first[i]) this.rejected[first[i] - 1][rules[first[i] - 1].verdicts[i]]++;
    }
  }

  #countKept() {
    const {first, duration, speaker, seen, keptOf} = this;
    const run = ++this.run;
    let kept = 0, seconds = 0, speakers = 0;
    keptOf.fill(0);
    for (let i = 0; i < first.length; i++) {
      if (first[i]) continue;
      kept++;
      seconds += duration[i];
      keptOf[this.class[i]]++;
      const who = speaker[i];
      if (who && seen[who] !== run) {
        seen[who] = run;
        speakers++;
      }
    }
    Object.assign(this, {kept, speakers, hours: seconds / 3600, classes: 0});
    for (let c = 1; c < keptOf.length; c++) if (keptOf[c]) this.classes++;
  }

  /** [reason, clips, rule] in the filter's order: of each rule its states first, then its bounds. */
  *reasons() {
    for (const [number, rule] of this.rules.entries()) {
      for (const verdict of [BY_FAILED, BY_MISSING, BY_MIN, BY_MAX]) {
        const clips = this.rejected[number][verdict];
        const isBound = verdict === BY_MIN ? rule.min !== null : verdict === BY_MAX && rule.max !== null;
        if (clips || isBound) yield [rule.reason(verdict), clips, rule];
      }
    }
  }
}
