// Draws the charts of a page in the colours of the system's theme, again when that turns, and replays training.

const told = JSON.parse(document.getElementById("charts").textContent);
const system = window.matchMedia("(prefers-color-scheme: dark)");
const drawn = {};  // by the chart's id, what drew it
const frames = {};  // by the replay's name, the frame that is shown

for (const [name, replay] of Object.entries(told.replays)) frames[name] = replay.ends.length - 1;

function rows({ count, of }) {
  const columns = Object.entries(of);
  const cell = (column, place) => (Array.isArray(column) ? column[place] : column.all);
  return Array.from({ length: count }, (_, place) =>
    Object.fromEntries(columns.map(([name, column]) => [name, cell(column, place)])));
}

function curves(name) {
  const replay = told.replays[name], frame = frames[name];
  const whole = rows(told.rows[replay.rows]);
  for (const [row, marks] of replay.marks[frame]) Object.assign(whole[row], marks);
  return whole.filter((row) => row.epoch <= replay.ends[frame]);
}

function specification({ spec, dark, replay }) {
  const full = structuredClone(spec);
  for (const [path, value] of system.matches ? dark : []) {
    path.slice(0, -1).reduce((part, step) => part[step], full)[path.at(-1)] = value;
  }
  const datasets = Object.entries(full.datasets).map(([name, key]) => [name, rows(told.rows[key])]);
  full.datasets = Object.fromEntries(datasets);
  if (replay) full.datasets.curves = curves(replay);
  return full;
}

// Around the nearest point a datum wraps that of the point, which Vega-Lite 6.4 forgets in the tooltips of words.
function unwrapped(vega) {
  for (const { name, encode } of vega.marks.filter((mark) => mark.name?.endsWith("_voronoi"))) {
    const { tooltip } = encode.update;
    tooltip.signal = tooltip.signal.replaceAll("datum.datum[", "datum[").replaceAll("datum[", "datum.datum[");
  }
  return vega;
}

async function draw(id) {
  const place = document.getElementById(id);
  const full = specification(told.charts[id]);
  const before = drawn[id];
  const sliders = (full.params ?? []).filter((each) => each.bind).map((each) => each.name);
  const set = before ? sliders.map((name) => [name, before.view.signal(name)]) : [];
  const theme = system.matches ? "dark" : "light";
  before?.finalize();
  drawn[id] = await vegaEmbed(place, full, {
    actions: false, renderer: "svg", ast: true, logLevel: 1, tooltip: { theme }, patch: unwrapped,
  });
  for (const [name, value] of set) drawn[id].view.signal(name, value);
  if (set.length) await drawn[id].view.runAsync();
  const picture = place.querySelector("svg.marks");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", place.dataset.alt);
}

// One after the other: a theme that turns while charts are drawn begins when they are.
let turn = Promise.resolve();

function drawAll() {
  turn = turn.then(async () => {
    for (const id of Object.keys(told.charts)) await draw(id);
    document.documentElement.dataset.drawn = system.matches ? "dark" : "light";
  });
}

async function show(name, frame) {
  frames[name] = frame;
  const grown = Object.entries(told.charts).filter(([id, chart]) => chart.replay === name && drawn[id]);
  for (const [id] of grown) await drawn[id].view.data("curves", curves(name)).runAsync();
}

function bringToLife(controls) {
  const name = controls.dataset.replay, { ends } = told.replays[name], last = ends.length - 1;
  const [button, slider, output] = ["button", "input", "output"].map((each) => controls.querySelector(each));
  const pause = Math.min(700, Math.max(150, 8000 / ends.length));
  const play = button.textContent;
  let playing = null;

  function go(frame) {
    slider.value = frame;
    output.textContent = `${ends[frame]} of ${ends[last]}`;
    slider.setAttribute("aria-valuetext", `epoch ${output.textContent}`);
    turn = turn.then(() => show(name, frame));
  }
  function stop() {
    clearInterval(playing);
    playing = null;
    button.textContent = play;
  }
  function step() {
    const next = Number(slider.value) + 1;
    go(next);
    if (next >= last) stop();
  }
  button.addEventListener("click", () => {
    if (playing) return stop();
    if (Number(slider.value) >= last) go(0);
    playing = setInterval(step, pause);
    button.textContent = "Pause";
  });
  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  slider.max = last;
  slider.value = last;
  slider.setAttribute("aria-valuetext", `epoch ${output.textContent}`);
  controls.hidden = false;
}

// A link to a claim opens it.
function unfold() {
  const aim = document.getElementById(decodeURIComponent(window.location.hash.slice(1)));
  if (aim instanceof HTMLDetailsElement) aim.open = true;
}

document.querySelectorAll(".replay").forEach(bringToLife);
system.addEventListener("change", drawAll);
window.addEventListener("hashchange", unfold);
unfold();
drawAll();
