"""A picture is taken for what its bytes are, unpacked only when it is not too much, and nothing of it is kept but its
pixels, upright and in the colours they had."""

import tracemalloc
import zlib
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from saudager.errors import Rejected
from saudager.providers.images import LARGEST
from saudager.studio.files import LONGEST_SIDE, MOST_PIXELS, accept
from tests.studio import made_files as made
from tests.studio.made_files import BLUE, GREEN, RED, WHITE, corners, opened, picture, saved

KINDS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
of_every_kind = pytest.mark.parametrize("kind", KINDS)
NO_PICTURE = "не картинка JPEG, PNG или WebP, или файл повреждён"


def shown(content: bytes, place: tuple[int, int] = (10, 10)) -> tuple[int, ...]:
    """The colour at a place of what is kept of the file."""
    colour = opened(accept(content).photo.content).getpixel(place)
    assert isinstance(colour, tuple)
    return colour


def near(colour: tuple[int, ...], expected: tuple[int, ...], by: int = 8) -> bool:
    return len(colour) == len(expected) and all(abs(a - b) <= by for a, b in zip(colour, expected, strict=True))


# what it is


@of_every_kind
def test_a_picture_is_known_by_its_bytes_and_stays_of_its_kind(kind: str):
    accepted = accept(saved(picture(), kind))
    assert (accepted.photo.mime_type, accepted.ending) == KINDS[kind]
    assert opened(accepted.photo.content).format == kind
    assert (accepted.width, accepted.height) == (64, 48)
    assert accepted.thumbnail.mime_type == "image/webp"


@pytest.mark.parametrize(
    "content",
    [
        saved(picture(), "GIF"),
        saved(picture(), "BMP"),
        saved(picture(), "TIFF"),
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b'{"error": "no picture"}',
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBP",
        bytes(1000),
    ],
    ids=["gif", "bmp", "tiff", "svg", "html", "pdf", "json", "jpeg's mark", "png's mark", "webp's mark", "zeros"],
)
def test_what_is_no_picture_of_ours_is_refused(content: bytes):
    with pytest.raises(Rejected, match=NO_PICTURE):
        accept(content)


def test_an_empty_file_is_refused():
    with pytest.raises(Rejected, match="пустой"):
        accept(b"")


@of_every_kind
def test_a_file_that_was_cut_off_is_refused_wherever_it_was_cut(kind: str):
    noise = Image.effect_noise((64, 64), 60).convert("RGB")
    content = saved(noise, kind)
    for part in (0.05, 0.3, 0.6, 0.9):
        with pytest.raises(Rejected, match=NO_PICTURE):
            accept(content[: int(len(content) * part)])


@of_every_kind
def test_what_hangs_behind_a_picture_is_left_out(kind: str):
    hidden = b"PK\x03\x04 <script>alert(1)</script>"
    assert hidden not in accept(saved(picture(), kind) + hidden).photo.content


def test_a_photo_of_a_phone_with_a_second_picture_behind_it_is_a_jpeg():
    content = saved(picture(), "MPO", save_all=True, append_images=[picture(colour=BLUE)])
    accepted = accept(content)
    assert accepted.photo.mime_type == "image/jpeg"
    assert near(shown(content), RED)
    assert accepted.photo.content.count(b"\xff\xd8\xff") == 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind: str):
    with pytest.raises(Rejected, match="движущаяся"):
        accept(made.moving(kind))


def test_a_picture_of_very_many_frames_is_refused_without_reading_them():
    tracemalloc.start()
    with pytest.raises(Rejected, match="движущаяся"):
        accept(made.moving("PNG", frames=200))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


# how much it is


def test_a_file_that_is_too_large_is_refused_before_it_is_looked_at():
    with pytest.raises(Rejected, match="Файл больше 20 МБ"):
        accept(saved(picture(), "PNG").ljust(LARGEST + 1, b"\0"))


@pytest.mark.parametrize(
    "side", [6400, 10_000, 16_383], ids=["above ours", "above Pillow's warning", "above its limit"]
)
@pytest.mark.parametrize("says", [made.png_that_says, made.jpeg_that_says, made.webp_that_says])
def test_a_picture_that_says_it_has_too_many_pixels_is_not_unpacked(says: Any, side: int):
    assert side * side > MOST_PIXELS
    with pytest.raises(Rejected, match="не больше 25 миллионов"):
        accept(says(side, side))


def test_a_jpeg_of_very_many_scans_is_not_read():
    assert accept(made.jpeg_of_many_scans(20))
    with pytest.raises(Rejected, match="слишком долго читать"):
        accept(made.jpeg_of_many_scans(1000))


def test_a_photo_with_a_film_behind_it_is_a_photo():
    assert accept(saved(picture(), "JPEG") + b"\x00\x02" + b"\xff\xda\x00\x02" * 5000)


def test_a_jpeg_of_very_many_segments_is_not_read():
    plain = saved(picture(), "JPEG")
    with_segments = [plain[:2] + b"\xff\xe1\x00\x04ab" * many + plain[2:] for many in (500, 5000)]
    assert accept(with_segments[0])
    with pytest.raises(Rejected, match="слишком долго читать"):
        accept(with_segments[1])


@pytest.mark.parametrize(
    ("name", "head"),
    [(b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0"), (b"iCCP", b"profile\0\0")],
    ids=["text", "international text", "profile"],
)
def test_a_chunk_that_unpacks_to_very_much_takes_no_memory(name: bytes, head: bytes):
    content = made.with_chunk(saved(picture(), "PNG"), name, head + zlib.compress(bytes(200_000_000), 9))
    tracemalloc.start()
    with pytest.raises(Rejected, match=NO_PICTURE):
        accept(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "CMYK"])
def test_a_picture_that_is_longer_than_anybody_needs_is_made_smaller(mode: str):
    kind = "JPEG" if mode in ("L", "CMYK") else "PNG"
    accepted = accept(saved(picture(mode, (LONGEST_SIDE + 904, 500), 0), kind))
    assert (accepted.width, accepted.height) == (LONGEST_SIDE, 410)
    assert opened(accepted.photo.content).size == (LONGEST_SIDE, 410)


@pytest.mark.parametrize(
    ("size", "small"),
    [((1000, 500), (360, 180)), ((500, 1000), (180, 360)), ((100, 50), (100, 50)), ((3000, 1), (360, 1))],
)
def test_a_thumbnail_is_at_most_360_on_its_longer_side(size: tuple[int, int], small: tuple[int, int]):
    assert opened(accept(saved(picture(size=size), "PNG")).thumbnail.content).size == small


# what it tells


def exif(**places: Any) -> Image.Exif:
    told = Image.Exif()
    told[0x010F] = "Shop's phone"
    told[0x8825] = {1: "N", 2: (43.0, 14.0, 0.0)}
    for orientation in places.values():
        told[0x0112] = orientation
    return told


@of_every_kind
def test_nothing_is_kept_but_the_pixels(kind: str):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told: dict[str, Any] = {"exif": exif(), "icc_profile": srgb, "xmp": b"<x:xmpmeta>Almaty</x:xmpmeta>"}
    if kind == "JPEG":
        told["comment"] = b"the back room"
    if kind == "PNG":
        del told["xmp"]
        told["pnginfo"] = PngImagePlugin.PngInfo()
        told["pnginfo"].add_text("Comment", "the back room")
        told["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>Almaty</x:xmpmeta>")
    content = saved(picture(), kind, dpi=(300, 300), **told)
    for word in (b"Shop's phone", b"Almaty"):
        assert word in content
    accepted = accept(content)
    for photo in (accepted.photo, accepted.thumbnail):
        for word in (
            b"Shop's phone",
            b"Almaty",
            b"back room",
            b"Exif",
            b"EXIF",
            b"ICC",
            b"xmp",
            b"XMP",
            b"eXIf",
            b"pHYs",
        ):
            assert word not in photo.content, word
        assert opened(photo.content).info.keys() <= {
            *("jfif", "jfif_version", "jfif_unit", "jfif_density"),
            *("loop", "background", "timestamp", "duration"),
        }
    assert near(shown(content), RED)


@of_every_kind
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_put_upright(kind: str, orientation: int):
    lies = corners()
    for turn in {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }.get(orientation, []):
        lies = lies.transpose(turn)
    accepted = accept(saved(lies, kind, exif=exif(orientation=orientation)))
    assert (accepted.width, accepted.height) == (96, 64)
    for content in (accepted.photo.content, accepted.thumbnail.content):
        stands = opened(content)
        for place, colour in (((20, 15), RED), ((70, 15), GREEN), ((20, 50), BLUE), ((70, 50), WHITE)):
            assert near(stands.getpixel(place), colour, by=12), (orientation, place)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # Pillow's word on it
def test_a_broken_exif_says_nothing():
    assert near(shown(saved(picture(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")), RED)
    assert near(shown(saved(picture(), "JPEG", exif=exif(orientation=77))), RED)


# its colours


@of_every_kind
def test_a_profile_is_applied_before_it_is_left_out(kind: str):
    content = saved(picture(colour=RED), kind, icc_profile=made.profile_with_red_and_green_exchanged())
    assert near(shown(content), GREEN)


def test_a_profile_is_applied_where_something_shows_through():
    image = picture("RGBA", colour=(255, 0, 0, 128))
    content = saved(image, "PNG", icc_profile=made.profile_with_red_and_green_exchanged())
    assert near(shown(content), (0, 255, 0, 128))


def test_a_picture_for_the_press_is_shown_as_it_would_be_printed():
    cyan = picture("CMYK", colour=(255, 0, 0, 0))
    assert near(shown(saved(cyan, "JPEG", quality=95)), (0, 255, 255))
    red, green, blue = shown(saved(cyan, "JPEG", quality=95, icc_profile=made.profile_of_odd_ink()))
    assert green > 140 and green > red + 60 and green > blue + 60
    assert near(shown(saved(picture("CMYK", colour=(0, 255, 255, 0)), "JPEG", quality=95)), RED)
    assert near(shown(saved(picture("CMYK", colour=(0, 0, 0, 0)), "JPEG", quality=95)), WHITE)


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        made.profile_of_odd_ink(),
        made.profile_with_red_and_green_exchanged()[:200],
        made.profile_with_red_and_green_exchanged() + bytes(5_000_000),
    ],
    ids=["words", "for other colours", "cut off", "huge"],
)
def test_a_profile_that_cannot_be_followed_is_passed_over(profile: bytes):
    assert near(shown(saved(picture(), "JPEG", icc_profile=profile)), RED)


@pytest.mark.parametrize(
    ("image", "colour"),
    [
        (picture("L", colour=128), (128, 128, 128)),
        (picture("1", colour=1), WHITE),
        (picture("LA", colour=(128, 50)), (128, 128, 128, 50)),
        (picture("RGBA", colour=(10, 200, 30, 0)), (10, 200, 30, 0)),
        (picture("I;16", colour=128 * 256), (128, 128, 128)),
        (picture("RGB", colour=BLUE).quantize(4), BLUE),
    ],
    ids=["grey", "black and white", "grey that shows through", "shows through", "sixteen bits", "a palette"],
)
def test_a_picture_of_any_mode_keeps_its_colours(image: Image.Image, colour: tuple[int, ...]):
    assert near(shown(saved(image, "PNG")), colour, by=1)


def test_what_shows_through_in_a_palette_does_so_still():
    image = picture("P", colour=3)
    image.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, 200, 0, 0])
    assert shown(saved(image, "PNG", transparency=3))[3] == 0


def test_what_shows_through_in_a_long_palette_does_so_when_it_is_made_smaller():
    image = picture("P", (LONGEST_SIDE + 904, 50), 3)
    image.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, 200, 0, 0])
    assert shown(saved(image, "PNG", transparency=3))[3] == 0
