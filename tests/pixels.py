"""Pixels of a screenshot as an array, decoded by the browser that took it."""

import base64

import numpy as np
from playwright.sync_api import Page

DECODE = """async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"),
        {width: image.naturalWidth, height: image.naturalHeight});
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
    let text = "";
    for (let at = 0; at < data.length; at += 32768) {
        text += String.fromCharCode(...data.subarray(at, at + 32768));
    }
    return [canvas.width, canvas.height, btoa(text)];
}"""


def pixels(page: Page, png: bytes) -> np.ndarray:
    """(height, width, 3) uint8 of a PNG; `page` is any page that allows data: images."""
    width, height, data = page.evaluate(
        DECODE, f"data:image/png;base64,{base64.b64encode(png).decode()}"
    )
    flat = np.frombuffer(base64.b64decode(data), np.uint8)
    return flat.reshape(height, width, 4)[:, :, :3].copy()
