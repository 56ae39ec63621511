// People as dots, drawn by the graphics card straight from two arrays: where they are, and one byte
// each for who reaches them. A change of the sites is one array sent anew, however many they are.

const VERTEX = `
attribute vec2 a_place;
attribute float a_people;
attribute float a_state;
uniform vec2 u_scale;
uniform vec2 u_shift;
uniform float u_size;
varying float v_state;
varying float v_size;
void main() {
  gl_Position = vec4(a_place * u_scale + u_shift, 0.0, 1.0);
  v_size = u_size * a_people * (a_state > 1.5 ? 1.15 : 1.0);
  gl_PointSize = v_size;
  v_state = a_state;
}`;
/** Two cues each: colour, and shape. Not covered is a diamond, today a dot, new a ring with a core. */
const FRAGMENT = `
precision mediump float;
varying float v_state;
varying float v_size;
uniform vec3 u_uncovered;
uniform vec3 u_today;
uniform vec3 u_new;
uniform vec3 u_ground;
void main() {
  vec2 at = abs(gl_PointCoord - 0.5) * 2.0;
  float edge = 2.0 / max(v_size, 2.0);
  float away = v_state < 0.5 ? at.x + at.y : length(at);
  float inside = 1.0 - smoothstep(1.0 - edge, 1.0, away);
  vec3 colour = v_state < 0.5 ? u_uncovered : v_state < 1.5 ? u_today : u_new;
  if (v_state > 1.5 && v_size > 7.0) colour = mix(u_new, u_ground, smoothstep(0.42, 0.5, away) - smoothstep(0.62, 0.7, away));
  float alpha = inside * (v_state > 0.5 && v_state < 1.5 ? 0.6 : 0.92);
  if (alpha < 0.01) discard;
  gl_FragColor = vec4(colour * alpha, alpha);
}`;
/** Those who are reached already lie below, then those who are not, on top those who are newly. */
const LAYERS = [1, 0, 2];
const COLOURS = ["uncovered", "today", "new"];

function program(gl) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made) || "the dots cannot be drawn");
  return made;
}

/** The north-south place of a latitude in the square of the world, 0 to 1 (web Mercator). */
const north = (lat) => (1 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / Math.PI) / 2;
const colourOf = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);

/** The dots from the lowest to the uppermost, by one counting sort. */
function upwards(states) {
  const counts = [0, 0, 0];
  for (const state of states) counts[state] += 1;
  const next = [0, 0, 0];
  let sum = 0;
  for (const state of LAYERS) {
    next[state] = sum;
    sum += counts[state];
  }
  const order = new Uint32Array(states.length);
  for (let one = 0; one < states.length; one += 1) {
    order[next[states[one]]] = one;
    next[states[one]] += 1;
  }
  return order;
}

/** A layer of dots for one map.
 *
 * `put(demand)` the people: {lon, lat, people}; `mark(states)` one byte each; `paint(colours)` of the
 * three states as "#rrggbb" and of the ground. All may come before the layer is on the map.
 */
export function dots(id) {
  let map = null;
  let gl = null;
  let made = null;
  let at = {};
  let buffers = null;
  let origin = [0.5, 0.5];
  let places = new Float32Array();
  let sizes = new Float32Array();
  let states = new Uint8Array();
  let stale = { places: true, states: true };
  let colours = { states: ["#000000", "#000000", "#000000"], ground: "#ffffff" };

  function give() {
    if (stale.places) {
      for (const [buffer, array] of [[buffers.places, places], [buffers.sizes, sizes]]) {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
      }
    }
    if (stale.states) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffers.states);
      gl.bufferData(gl.ARRAY_BUFFER, states, gl.DYNAMIC_DRAW);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.order);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, upwards(states), gl.DYNAMIC_DRAW);
    }
    stale = { places: false, states: false };
  }

  const layer = {
    id,
    type: "custom",
    renderingMode: "2d",
    onAdd(onto, context) {
      map = onto;
      gl = context;
      made = program(gl);
      at = { place: gl.getAttribLocation(made, "a_place"), people: gl.getAttribLocation(made, "a_people"), state: gl.getAttribLocation(made, "a_state") };
      // WebGL 1, on old phones, counts so many points with an extension only.
      gl.getExtension("OES_element_index_uint");
      for (const name of ["scale", "shift", "size", "ground", ...COLOURS]) at[`u_${name}`] = gl.getUniformLocation(made, `u_${name}`);
      buffers = { places: gl.createBuffer(), sizes: gl.createBuffer(), states: gl.createBuffer(), order: gl.createBuffer() };
      stale = { places: true, states: true };
    },
    onRemove() {
      gl.deleteProgram(made);
      for (const one of Object.values(buffers)) gl.deleteBuffer(one);
      made = null;
    },
    render() {
      if (!made || !places.length || states.length * 2 !== places.length) return;
      give();
      gl.useProgram(made);
      const attribute = (where, buffer, size, type) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        gl.enableVertexAttribArray(where);
        gl.vertexAttribPointer(where, size, type, false, 0, 0);
      };
      attribute(at.place, buffers.places, 2, gl.FLOAT);
      attribute(at.people, buffers.sizes, 1, gl.FLOAT);
      attribute(at.state, buffers.states, 1, gl.UNSIGNED_BYTE);
      // The map is flat and north is up, so that a place is on the screen by one product and one
      // sum, both reckoned in doubles from a point near the people.
      const { lng, lat } = map.getCenter();
      const { clientWidth: wide, clientHeight: high } = map.getContainer();
      const world = 512 * 2 ** map.getZoom();
      const scale = [(2 * world) / wide, (-2 * world) / high];
      gl.uniform2f(at.u_scale, ...scale);
      gl.uniform2f(at.u_shift, (origin[0] - (lng + 180) / 360) * scale[0], (origin[1] - north(lat)) * scale[1]);
      const ratio = gl.drawingBufferWidth / wide;
      const size = Math.min(15, Math.max(2.6, 2.6 * 1.36 ** (map.getZoom() - 10)));
      gl.uniform1f(at.u_size, size * ratio);
      gl.uniform3f(at.u_ground, ...colourOf(colours.ground));
      gl.disable(gl.DEPTH_TEST);
      gl.disable(gl.STENCIL_TEST);
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      COLOURS.forEach((name, state) => gl.uniform3f(at[`u_${name}`], ...colourOf(colours.states[state])));
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffers.order);
      gl.drawElements(gl.POINTS, states.length, gl.UNSIGNED_INT, 0);
    },
  };

  return {
    layer,
    put({ lon, lat, people }) {
      const n = lon.length;
      places = new Float32Array(2 * n);
      sizes = new Float32Array(n);
      states = new Uint8Array(n);
      if (n) {
        origin = [(lon[0] + 180) / 360, north(lat[0])];
        const sorted = Float32Array.from(people).sort();
        const many = sorted[Math.floor(n * 0.9)] || 1;
        for (let one = 0; one < n; one += 1) {
          places[2 * one] = (lon[one] + 180) / 360 - origin[0];
          places[2 * one + 1] = north(lat[one]) - origin[1];
          sizes[one] = Math.min(2, 0.65 + 0.65 * Math.sqrt(Math.max(0, people[one]) / many));
        }
      }
      stale = { places: true, states: true };
      map?.triggerRepaint();
    },
    mark(given) {
      if (given.length * 2 !== places.length) return false;
      states = given;
      stale.states = true;
      map?.triggerRepaint();
      return true;
    },
    paint(given) {
      colours = given;
      map?.triggerRepaint();
    },
  };
}
