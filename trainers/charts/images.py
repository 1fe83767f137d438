"""Images within charts."""

import io
from base64 import b64encode
from typing import Any

from PIL import Image


def data_uri(pixels: Any) -> str:
    """Return RGBA pixels `(rows, columns, 4)`, 0 to 255, as a data URI of a PNG."""
    image, file = Image.fromarray(pixels.clip(0, 255).astype("uint8"), "RGBA"), io.BytesIO()
    image.save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
