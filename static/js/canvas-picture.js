// The picture of a workflow as PNG: the server draws it as SVG, and the browser makes dots of it, two for each pixel.
import { show as toast } from "./toast.js";

const MOST = 16_000; // dots along one side that every browser can draw

/** Save the whole workflow as a PNG. */
export async function savePng() {
  const link = document.getElementById("picture-svg");
  const image = new Image();
  image.src = link.href;
  try {
    await image.decode();
    const size = Math.min(2, MOST / image.naturalWidth, MOST / image.naturalHeight);
    const paper = Object.assign(document.createElement("canvas"), { width: image.naturalWidth * size, height: image.naturalHeight * size });
    paper.getContext("2d").drawImage(image, 0, 0, paper.width, paper.height);
    const blob = await new Promise((done) => paper.toBlob(done, "image/png"));
    save(blob, `${document.getElementById("builder").dataset.key}.png`);
  } catch {
    toast({ message: "The picture could not be made. The SVG is the same picture.", tone: "error" });
  }
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
