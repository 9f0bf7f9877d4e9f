"""A PDF of one page that holds one PNG, for machines without Graphviz: ``pdf_of(png)``.

PDF knows PNG's compression and its row filters, so the picture's data go in as they are.  Only the fourth channel,
opacity, has no place there; it is declared as a fourth ink, which the file's own little program drops.
What does not live here: the picture (``svg.py``), which program draws it (``save.py``).

Source: ISO 32000-1:2008, 7.4.4.4 (predictors), 7.10.5 (PostScript calculator functions), 8.6.6.5 (DeviceN colours).
"""

from typing import Final

from visualize.errors import DrawingError

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def pdf_of(png: bytes, scale: float) -> bytes:
    """The PDF.

    Args:
        png: 8 bits a channel, red, green, blue and opacity, not interlaced: as ``resvg`` writes it.
        scale: pixels of the picture for each CSS pixel of the page, of which 96 are an inch.

    Raises:
        DrawingError: the PNG is of another kind.
    """
    width, height, kind = int.from_bytes(png[16:20]), int.from_bytes(png[20:24]), png[24:29]
    if not png.startswith(_SIGNATURE) or kind != b"\x08\x06\x00\x00\x00":
        raise DrawingError("only a PNG with 8 bits a channel, with opacity, and not interlaced can become a PDF")
    page = f"{width / scale * 0.75:.2f} {height / scale * 0.75:.2f}"
    across, up = page.split()
    picture = (
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8 "
        "/ColorSpace [/DeviceN [/Red /Green /Blue /Opacity] /DeviceRGB 6 0 R] /Filter /FlateDecode "
        f"/DecodeParms << /Predictor 15 /Colors 4 /BitsPerComponent 8 /Columns {width} >>"
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page}] /Contents 5 0 R "
        "/Resources << /XObject << /Drawing 4 0 R >> >> >>".encode(),
        _stream(picture, _chunks(png, b"IDAT")),
        _stream("", f"q {across} 0 0 {up} 0 0 cm /Drawing Do Q".encode()),
        _stream("/FunctionType 4 /Domain [0 1 0 1 0 1 0 1] /Range [0 1 0 1 0 1]", b"{ pop }"),
    ]
    file, places = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return file + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(file))
    )


def _stream(entries: str, data: bytes) -> bytes:
    return f"<< {entries} /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"


def _chunks(png: bytes, kind: bytes) -> bytes:
    """The data of all chunks of a kind, one after the other."""
    found, place = [], len(_SIGNATURE)
    while place < len(png):
        length = int.from_bytes(png[place : place + 4])
        if png[place + 4 : place + 8] == kind:
            found.append(png[place + 8 : place + 8 + length])
        place += 12 + length
    return b"".join(found)
