/* All rules together: the first that rejects a clip gives the reason. */

const REASONS = BY_MAX + 1;

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

  /** Count anew under these rules, in the filter's order, each of which has judged; `moved` if it alone did anew. */
  count(rules, moved) {
    const isSame = rules.length === this.rules?.length && rules.every((rule, i) => rule === this.rules[i]);
    this.rules = rules;
    if (isSame && moved) this.#follow(rules.indexOf(moved)); else this.#find();
    this.#count();
  }

  /** The first rule that rejects, for all clips. */
  #find() {
    const {first, rules} = this;
    first.fill(0);
    for (let r = rules.length; r > 0; r--) {
      const {verdicts} = rules[r - 1];
      for (let i = 0; i < first.length; i++) if (verdicts[i]) first[i] = r;
    }
  }

  /** The same where one rule has judged anew: clips that an earlier one rejects stay as they are. */
  #follow(place) {
    const {first, rules} = this, {verdicts} = rules[place], own = place + 1;
    for (let i = 0; i < first.length; i++) {
      if (first[i] && first[i] < own) continue;
      if (verdicts[i]) first[i] = own;
      else if (first[i] === own) {
        let r = own;
        while (r < rules.length && !rules[r].verdicts[i]) r++;
        first[i] = r < rules.length ? r + 1 : 0;
      }
    }
  }

  /** One pass over all clips: what each rule is the first to reject, and of the kept their hours, speakers, classes. */
  #count() {
    const {first, duration, speaker, seen, keptOf, rules} = this;
    const classes = this.class, all = rules.map((rule) => rule.verdicts), run = ++this.run;
    const rejected = new Uint32Array(rules.length * REASONS);
    let kept = 0, seconds = 0, speakers = 0;
    keptOf.fill(0);
    for (let i = 0; i < first.length; i++) {
      const rule = first[i];
      if (rule) {
        rejected[(rule - 1) * REASONS + all[rule - 1][i]]++;
        continue;
      }
      kept++;
      seconds += duration[i];
      keptOf[classes[i]]++;
      const who = speaker[i];
      if (who && seen[who] !== run) {
        seen[who] = run;
        speakers++;
      }
    }
    this.rejected = rules.map((_, r) => rejected.subarray(r * REASONS, (r + 1) * REASONS));
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
