/* The page: one card a rule, those of the filter first, then a card for each signal without one. */

class Explorer {
  constructor() {
    readColours();
    this.rules = [...this.#rules()];
    this.added = [];  // new rules in the order in which they came: that of their overrides
    this.verdicts = new Verdicts();
    this.summary = new Summary(this.verdicts, (rule) => this.find(rule));
    this.overrides = new Overrides();
    this.dirty = new Set(this.rules.filter((rule) => rule.isActive));
    this.cards = new Map(this.rules.map((rule) => [rule, new Card(rule, (moved) => this.moved(moved))]));
    this.#listen();
    for (const [rule, card] of this.cards) {
      byId(rule.isIdle && !rule.isActive ? "idle-cards" : "cards").append(card.element);
    }
    for (const card of this.cards.values()) card.show();
    this.update();
    this.search();
  }

  *#rules() {
    const keys = new Set(data.rules.map((rule) => rule.key));
    const ruled = new Set(data.rules.map((rule) => rule.signal));
    for (const own of data.rules) yield new Rule(own.key, data.signals[own.signal], own);
    for (const [place, signal] of data.signals.entries()) {
      if (ruled.has(place)) continue;
      let key = signal.name;
      for (let n = 2; keys.has(key); n++) key = `${signal.name}_${n}`;
      keys.add(key);
      yield new Rule(key, signal, null);
    }
  }

  /** The rules in use, in the filter's order. */
  get active() {
    return [...this.rules.filter((rule) => rule.own && rule.isActive), ...this.added];
  }

  /** A rule has changed: everything follows before the next picture. */
  moved(rule) {
    this.dirty.add(rule);
    this.cards.get(rule).show();
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.update();
    });
  }

  update() {
    for (const rule of this.dirty) {
      if (!rule.own) this.#place(rule);
      if (rule.isActive) rule.judge();
    }
    const {active} = this, [moved] = this.dirty;
    this.verdicts.count(active, this.dirty.size === 1 && moved.isActive ? moved : null);
    this.dirty.clear();
    const rejected = new Map(active.map((rule, i) => [rule, this.verdicts.rejected[i].reduce((sum, n) => sum + n, 0)]));
    for (const card of this.cards.values()) card.showRejected(rejected.get(card.rule) ?? null);
    this.summary.show();
    this.overrides.show([...this.rules.filter((rule) => rule.own), ...this.added]);
    byId("reset").disabled = !this.rules.some((rule) => rule.isChanged);
    if (byId("in-use").checked) this.search();
    this.draw();
  }

  /** A new rule comes last, and goes when both of its sides are open. */
  #place(rule) {
    if (!rule.isActive) this.added = this.added.filter((other) => other !== rule);
    else if (!this.added.includes(rule)) this.added.push(rule);
  }

  /** Only the histograms in view are drawn; the others are when they come into it. */
  draw() {
    for (const card of this.cards.values()) card.draw(this.verdicts.first);
  }

  search() {
    const wanted = byId("search").value.trim().toLowerCase();
    let shown = 0, idle = 0;
    for (const {rule, element: card} of this.cards.values()) {
      const isNamed = `${rule.key} ${rule.signal.name}`.toLowerCase().includes(wanted);
      card.hidden = !isNamed || (byId("in-use").checked && !rule.isActive && !rule.isChanged);
      shown += !card.hidden;
      idle += !card.hidden && card.parentElement.id === "idle-cards";
    }
    byId("idle").hidden = !idle;
    byId("idle-count").textContent = `${number(idle)} ${idle === 1 ? "signal" : "signals"} with nothing to judge here`;
    if (wanted) byId("idle").open = idle > 0 && idle === shown;
    byId("none").hidden = shown > 0;
  }

  reset() {
    for (const rule of this.rules.filter((rule) => rule.isChanged)) {
      rule.reset();
      this.moved(rule);
    }
  }

  /** Bring a rule's card into view and focus its slider. */
  find(rule) {
    byId("search").value = "";
    this.search();
    const card = this.cards.get(rule);
    card.element.scrollIntoView({block: "center", behavior: "smooth"});
    card.sliders[rule.min === null && rule.max !== null ? "max" : "min"].focus({preventScroll: true});
  }

  #listen() {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const card = this.cards.get(this.rules.find((rule) => rule.key === entry.target.dataset.rule));
        card.inView = entry.isIntersecting;
        card.draw(this.verdicts.first);
      }
    }, {rootMargin: "120px"});
    for (const card of this.cards.values()) seen.observe(card.element);
    byId("search").addEventListener("input", () => this.search());
    byId("in-use").addEventListener("change", () => this.search());
    byId("reset").addEventListener("click", () => this.reset());
    addEventListener("resize", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      readColours();
      this.draw();
    });
    addEventListener("keydown", (event) => {
      const isTyping = ["text", "search"].includes(document.activeElement?.type);
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        byId("search").focus();
      }
    });
    if (matchMedia("(max-width: 900px)").matches) for (const part of document.querySelectorAll("aside details")) part.open = false;
  }
}

const explorer = new Explorer();
