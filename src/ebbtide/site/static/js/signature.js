/** A signature drawn with a finger, a pen or a mouse; whoever cannot draw types the name instead. */

/**
 * @param {{clientX: number, clientY: number}} point on the screen
 * @param {{left: number, top: number, width: number, height: number}} box of the pad
 * @param {{width: number, height: number}} canvas its pixels
 * @returns {{x: number, y: number}} the point on the canvas
 */
export function onCanvas(point, box, canvas) {
  return {
    x: ((point.clientX - box.left) * canvas.width) / box.width,
    y: ((point.clientY - box.top) * canvas.height) / box.height,
  };
}

/**
 * @param {boolean} drawn whether a line was drawn
 * @param {string} typed the name typed instead
 * @returns {"drawn" | "typed" | "none"}
 */
export function howSigned(drawn, typed) {
  if (drawn) return "drawn";
  return typed.trim().length > 1 ? "typed" : "none";
}

/** @param {HTMLElement} box */
function start(box) {
  const canvas = /** @type {HTMLCanvasElement | null} */ (box.querySelector("canvas"));
  const picture = /** @type {HTMLInputElement | null} */ (box.querySelector("[data-signature-picture]"));
  const typed = /** @type {HTMLInputElement | null} */ (box.querySelector("[data-signature-typed]"));
  const said = box.querySelector("[data-signature-said]");
  const pen = canvas?.getContext("2d");
  if (!canvas || !picture || !pen) return;
  canvas.removeAttribute("hidden");
  canvas.width = canvas.clientWidth * 2;
  canvas.height = canvas.clientHeight * 2;
  pen.lineWidth = 4;
  pen.lineCap = "round";
  pen.strokeStyle = "#14283a"; // ink on white in every theme: it goes on paper
  let drawing = false;

  function say() {
    const words = { drawn: "Signed by drawing", typed: "Signed by typing the name", none: "Not signed yet" };
    if (said) said.textContent = words[howSigned(Boolean(picture?.value), typed?.value ?? "")];
  }
  canvas.addEventListener("pointerdown", (press) => {
    drawing = true;
    canvas.setPointerCapture(press.pointerId);
    const { x, y } = onCanvas(press, canvas.getBoundingClientRect(), canvas);
    pen.beginPath();
    pen.moveTo(x, y);
  });
  canvas.addEventListener("pointermove", (press) => {
    if (!drawing) return;
    const { x, y } = onCanvas(press, canvas.getBoundingClientRect(), canvas);
    pen.lineTo(x, y);
    pen.stroke();
  });
  canvas.addEventListener("pointerup", () => {
    if (!drawing) return;
    drawing = false;
    picture.value = canvas.toDataURL("image/png");
    say();
  });
  box.querySelector("[data-signature-clear]")?.addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    picture.value = "";
    say();
  });
  typed?.addEventListener("input", say);
  say();
}

if (typeof document !== "undefined") {
  for (const box of document.querySelectorAll("[data-signature]")) start(/** @type {HTMLElement} */ (box));
}
