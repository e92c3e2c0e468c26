// An interactive figure. The page holds a still picture, the sentence that goes with it, and one
// list of numbers for every setting of the controls (made by tools/sphinx_course/explorers). This
// script adds the controls, and moves what the picture already shows.
customElements.define("course-explorer", class extends HTMLElement {
  connectedCallback() {
    if (this.picture) return;
    Object.assign(this, JSON.parse(this.querySelector("script").textContent));
    this.picture = this.querySelector("svg");
    this.status = this.querySelector("p");
    this.status.setAttribute("role", "status"); // read aloud when it changes
    const box = document.createElement("div");
    box.className = "controls";
    box.append(...this.controls.map((control) => this.control(control)));
    this.prepend(box);
    // On paper nobody can move anything: the picture is the one that the caption speaks of.
    addEventListener("beforeprint", () => this.show(this.controls.map((c) => c.start)));
    addEventListener("afterprint", () => this.show());
  }

  // A label with a slider, or with a list of choices; both are the browser's own.
  control(control) {
    const { label, values, start, kind } = control;
    const line = document.createElement("label");
    const input = document.createElement(kind === "choice" ? "select" : "input");
    const value = document.createElement("span");
    line.append(label, " ", value, input);
    if (kind === "choice") {
      input.append(...values.map((text, i) => new Option(text, i)));
    } else {
      Object.assign(input, { type: "range", min: 0, max: values.length - 1, step: 1 });
      value.ariaHidden = "true"; // it is in the slider's text already
    }
    input.value = start;
    const update = () => {
      control.now = Number(input.value);
      if (kind === "choice") return;
      value.textContent = values[control.now];
      input.setAttribute("aria-valuetext", values[control.now]);
    };
    input.addEventListener("input", () => {
      update();
      this.show();
    });
    update();
    return line;
  }

  show(setting = this.controls.map((control) => control.now)) {
    const place = setting.reduce((sum, at, i) => sum * this.controls[i].values.length + at, 0);
    const [number, says, values] = this.pictures[this.index[place]];
    const { labels, sentence } = this.words[number];
    this.bars(labels, values);
    this.curves(labels, values);
    this.paths(values);
    this.marks(values);
    this.texts(says);
    this.status.textContent = sentence.replace(/\{(\d+)\}/g, (_, i) => says[i]);
  }

  bars(labels, values) {
    this.picture.querySelectorAll("[data-bar]").forEach((bar, i) => {
      const value = values[i];
      const length = ((value ?? 0) * bar.dataset.bar) / 1000;
      bar.setAttribute("width", length.toFixed(2));
      bar.previousElementSibling.textContent = labels[i];
      const end = bar.nextElementSibling;
      end.setAttribute("x", (Number(bar.getAttribute("x")) + length + 6).toFixed(2));
      const { decimals } = bar.dataset;
      end.textContent = labels[i] && (decimals ? ((value ?? 0) / 1000 + 1e-9).toFixed(decimals) : this.share(value));
    });
  }

  share(value) {
    if (value === undefined) return "–";
    if (value === 0) return "< 0.1 %";
    return value < 100 ? `${(value / 10).toFixed(1)} %` : `${Math.round(value / 10)} %`;
  }

  curves(labels, values) {
    let first = 0;
    this.picture.querySelectorAll("[data-curve]").forEach((curve, i) => {
      const { curve: height, bottom } = curve.dataset;
      const at = (value) => bottom - (value * height) / 1000;
      const points = curve.getAttribute("points").split(" ").map((point, n) =>
        `${point.split(",")[0]},${at(values[first + n]).toFixed(1)}`);
      first += points.length;
      curve.setAttribute("points", points.join(" "));
      const name = curve.nextElementSibling;
      name.textContent = labels[i];
      name.setAttribute("y", (at(values[first - 1]) + 5).toFixed(1));
    });
  }

  paths(values) {
    let first = 0;
    this.picture.querySelectorAll("[data-path]").forEach((line) => {
      const { path: half, x, y } = line.dataset;
      const points = line.getAttribute("points").split(" ").map((_, i) => [
        (Number(x) + (values[first + 2 * i] * half) / 1000).toFixed(1),
        (Number(y) - (values[first + 2 * i + 1] * half) / 1000).toFixed(1),
      ].join());
      first += 2 * points.length;
      line.setAttribute("points", points.join(" "));
    });
  }

  texts(says) {
    this.picture.querySelectorAll("[data-says]").forEach((part) => {
      part.textContent = says[part.dataset.says];
    });
  }

  marks(values) {
    this.picture.querySelectorAll("[data-mark]").forEach((part, i) => {
      part.dataset.mark = values[i];
    });
  }
});
