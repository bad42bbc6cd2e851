// Asks the server what moves, puts it into the bars and the charts that are there, and has them drawn when that is not all.

const RETRY_SECONDS = 2;
const PATIENCE_SECONDS = 10;  // with one answer

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

async function news(address) {
  const nothing = { bars: {}, rows: {}, draw: false, again: RETRY_SECONDS };
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(1000 * PATIENCE_SECONDS) });
    // Not so: a server that knows this page no longer, or something between that lets nothing through.
    return answer.ok ? await answer.json() : { ...nothing, draw: true };
  } catch {
    return nothing;  // the server is away, of which Streamlit tells, or does not answer
  }
}

// One rhythm for as long as the element is on the page, whatever is followed meanwhile.
function rhythm(element) {
  let path = null, draw = null, timer = null, asking = false;

  async function beat() {
    if (!element.isConnected) {
      document.removeEventListener("visibilitychange", turn);
    } else if (!asking) {
      asking = true;
      const asked = path, told = await news(addressOf(asked));
      asking = false;
      next(path === asked ? told.again : 0);
      if (path !== asked) return;  // it is of a session that is over
      if (told.draw) draw();
      move(told);
    }
  }
  function next(seconds) {
    clearTimeout(timer);
    // Nobody sees a page that is hidden; when it is shown again, it asks at once.
    if (!document.hidden) timer = setTimeout(beat, 1000 * seconds);
  }
  const turn = () => next(0);
  document.addEventListener("visibilitychange", turn);
  return (data, callback) => {
    [path, draw] = [data.path, callback];
    next(data.every);
  };
}

// Streamlit calls this again with other data, and with those of before if the page changes faster than it can follow;
// it also may end the last call before an earlier one. So nothing is begun or ended by a call.
export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.follow ??= rhythm(parentElement);
  parentElement.follow(data, () => setTriggerValue("draw", true));
}
