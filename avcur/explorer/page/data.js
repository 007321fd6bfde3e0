/* The data in the page: JSON, and arrays in base64 that are decoded when they are first asked for. */

const data = JSON.parse(document.getElementById("data").textContent);

const decoded = new Map();

/** The array of a number, of the given type of elements (Uint8Array, Uint16Array, ...). */
function array(number, Type) {
  if (!decoded.has(number)) {
    const element = document.getElementById(`array${number}`);
    const text = atob(element.textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    decoded.set(number, new Type(bytes.buffer));
    element.remove();  // its text is not needed twice
  }
  return decoded.get(number);
}

const masks = new Map();

/** One byte a clip, 255 where a rule judges it and 0 where not, out of the bits of an array. */
function mask(number) {
  if (!masks.has(number)) {
    const bits = array(number, Uint8Array);
    const bytes = new Uint8Array(data.clips.count);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (bits[i >> 3] >> (i & 7)) & 1 ? 255 : 0;
    masks.set(number, bytes);
  }
  return masks.get(number);
}
