// An older call may come late (see `since`).
export default function ({ parentElement, data }) {
  if (data.since < parentElement.since) return;
  parentElement.since = data.since;
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");

  function download(picture) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = data.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  button.onclick = async () => {
    const bytes = Uint8Array.from(atob(data.png), (character) => character.charCodeAt(0));
    const picture = new Blob([bytes], { type: "image/png" });
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      said.textContent = "Copied";
    } catch {
      download(picture);
      said.textContent = "This browser lets no page copy pictures, so it was downloaded.";
    }
  };
}
