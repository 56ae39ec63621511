// Hatching and dots, drawn once: no data, and a rate that rests on few.

const SIDE = 12;

function picture(scale, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE * scale;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.scale(scale, scale);
  paint(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** The pictures that the map's layers name. */
export function patterns(scale) {
  return {
    "no-data": picture(scale, (pen) => {
      pen.strokeStyle = "rgb(80 86 94 / 65%)";
      pen.lineWidth = 1.1;
      for (const shift of [-SIDE, 0, SIDE]) {
        for (const half of [0, SIDE / 2]) {
          pen.beginPath();
          pen.moveTo(shift + half, SIDE);
          pen.lineTo(shift + half + SIDE, 0);
          pen.stroke();
        }
      }
    }),
    few: picture(scale, (pen) => {
      pen.fillStyle = "rgb(255 255 255 / 95%)";
      pen.strokeStyle = "rgb(90 66 40 / 55%)";
      pen.lineWidth = 0.6;
      for (const [x, y] of [[3, 3], [9, 9]]) {
        pen.beginPath();
        pen.arc(x, y, 1.7, 0, 2 * Math.PI);
        pen.fill();
        pen.stroke();
      }
    }),
  };
}
