// Asks the server what moves, puts it into the bars and the charts that are there, and has them drawn when that is not all.

const RETRY_SECONDS = 2;

// Vega binds the items of its scene to the elements that it draws, and they know the view.
function views() {
  return [...document.querySelectorAll("svg.marks")]
    .map((svg) => svg.querySelector("path.background")?.__data__?.context?.dataflow)
    .filter(Boolean);
}

function fill(name, rows) {
  for (const view of views()) {
    const drawn = view.getState({ data: (each) => each === name, signals: () => false }).data[name];
    if (drawn && (drawn.length || rows.length)) view.data(name, rows).runAsync();
  }
}

// As Streamlit draws it: words in a paragraph, and a bar that is moved to the left by what is not done.
function advance(bar, words, share) {
  const [paragraph, progress] = [bar.querySelector("p"), bar.querySelector("[role=progressbar]")];
  const track = progress?.querySelector("[style*=transform]");
  if (paragraph?.childNodes.length !== 1 || !track) return;
  const percent = Math.floor(100 * share);
  paragraph.firstChild.nodeValue = words;
  track.style.transform = `translateX(${percent - 100}%)`;
  progress.setAttribute("aria-valuenow", percent);
  progress.setAttribute("aria-valuetext", `${percent}%`);
}

function move({ bars, rows }) {
  for (const [name, [words, share]] of Object.entries(bars)) {
    document.querySelectorAll(`.st-key-pulse-bar-${name}`).forEach((bar) => advance(bar, words, share));
  }
  for (const [name, each] of Object.entries(rows)) fill(name, each);
}

// Streamlit's own files lie below the path of the page, whatever a proxy makes of that.
function addressOf(path) {
  return new URL(`../../${path}`, document.querySelector("script[src*='static/js/']").src);
}

function ask({ path, every }, draw) {
  const address = addressOf(path);
  let timer = null, stopped = false;

  async function beat() {
    let again = RETRY_SECONDS;
    try {
      const answer = await fetch(address);
      if (stopped) return;
      if (answer.ok) {
        const told = await answer.json();
        if (stopped) return;
        move(told);
        again = told.again;
        if (told.draw) draw();
      } else {
        draw();  // a server that knows this page no longer, or something between that lets nothing through
      }
    } catch {
      // The server is away; Streamlit says so.
    }
    next(again);
  }
  function next(seconds) {
    clearTimeout(timer);
    // Nobody sees a page that is hidden; when it is shown again, it asks at once.
    if (!stopped && !document.hidden) timer = setTimeout(beat, 1000 * seconds);
  }
  const turn = () => next(0);
  document.addEventListener("visibilitychange", turn);
  next(every);
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", turn);
  };
}

// Streamlit calls this again with other data, and ends what the last call began only.
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.stop?.();
  parentElement.stop = ask(data, () => setTriggerValue("draw", true));
  return parentElement.stop;
}
