"""Archives: honest ones are unpacked whole, hostile ones leave nothing on the disk."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import lzma
import os
import random
import stat
import struct
import tarfile
import zipfile

import pytest

from course_pkg.data.files.archives import ArchiveError, unpack, unpack_gzip

HONEST = {"readme.txt": b"hello", "data/train.txt": b"a b c\n", "data/deep/er/x": b""}


def make_zip(path, members):
    """Write a zip file; a name may be a ZipInfo."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return path


def make_tar(path, members, mode="w"):
    """Write a tar file; a name may be a TarInfo."""
    with tarfile.open(path, mode) as archive:
        for name, body in members:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(body) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(body))
    return path


def make_tar_gz(path, members):
    return make_tar(path, members, "w:gz")


MAKERS = {"zip": make_zip, "tar": make_tar, "tar.gz": make_tar_gz}
each_format = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def content_below(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@each_format
def test_an_honest_archive_is_unpacked(make, tmp_path):
    archive = make(tmp_path / "a", HONEST.items())
    folder = unpack(archive, tmp_path / "out")
    assert folder == tmp_path / "out"
    assert content_below(folder) == HONEST
    assert {path.name for path in tmp_path.iterdir()} == {"a", "out"}


def folder_entry(make, name):
    """Return a member that is a folder, as the format writes it."""
    if make is make_zip:
        return name + "/", b""
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    return info, b""


@each_format
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_folders_are_made_where_the_archive_lists_them(make, tmp_path):
    members = [folder_entry(make, name) for name in (".", "data", "data/empty", "data")]
    archive = make(tmp_path / "a", [*members, ("data/x", b"x"), ("./y", b"y")])
    folder = unpack(archive, tmp_path / "out")
    assert content_below(folder) == {"data/x": b"x", "y": b"y"}
    assert (folder / "data" / "empty").is_dir()


@each_format
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_folder_and_a_file_of_one_name_are_refused(make, tmp_path):
    entry = folder_entry(make, "x")
    for members in ([entry, ("X", b"1")], [("x", b"1"), entry]):
        assert_refused(make(tmp_path / "a", members), "occurs twice", tmp_path)


@each_format
def test_the_limits_are_met_exactly(make, tmp_path):
    archive = make(tmp_path / "a", HONEST.items())
    size = sum(map(len, HONEST.values()))
    unpack(archive, tmp_path / "out", max_bytes=size, max_files=3)
    with pytest.raises(ArchiveError, match="more comes out than is allowed"):
        unpack(archive, tmp_path / "out2", max_bytes=size - 1)
    with pytest.raises(ArchiveError, match="holds more than 2 files"):
        unpack(archive, tmp_path / "out2", max_files=2)


@each_format
def test_a_folder_that_exists_is_left_alone(make, tmp_path):
    archive = make(tmp_path / "a", HONEST.items())
    (tmp_path / "out").mkdir()
    with pytest.raises(FileExistsError, match="expected a folder that does not exist yet"):
        unpack(archive, tmp_path / "out")
    assert content_below(tmp_path / "out") == {}


def assert_refused(archive, message, tmp_path, **limits):
    before = set(tmp_path.rglob("*"))
    with pytest.raises(ArchiveError, match=message) as raised:
        unpack(archive, tmp_path / "out", **limits)
    assert str(archive) in str(raised.value)
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "/evil",
        "//evil",
        "a\\..\\evil",
        "C:evil",
        "c:\\evil",
        "a\nb",
        "..",
    ],
)
@each_format
def test_names_that_lead_out_are_refused(make, name, tmp_path):
    archive = make(tmp_path / "a", [("good", b"x"), (name, b"evil")])
    assert_refused(archive, "leads out of the folder", tmp_path)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "names", [("x", "x"), ("x", "X"), ("x", "./x"), ("x", "x/y"), ("x/y", "x"), ("a/x", "A/X")]
)
@each_format
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_collide_are_refused(make, names, tmp_path):
    archive = make(tmp_path / "a", [(name, b"1") for name in names])
    assert_refused(archive, "occurs twice", tmp_path)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_tar_links_and_devices_are_refused(kind, tmp_path):
    info = tarfile.TarInfo("link")
    info.type, info.linkname = kind, "/etc/passwd"
    assert_refused(make_tar(tmp_path / "a", [(info, b"")]), "is a link or a device", tmp_path)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_zip_links_and_devices_are_refused(kind, tmp_path):
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    assert_refused(make_zip(tmp_path / "a", [(info, b"/etc/passwd")]), "link or a device", tmp_path)


def test_a_file_through_a_link_of_the_same_archive_is_refused(tmp_path):
    info = tarfile.TarInfo("out")
    info.type, info.linkname = tarfile.SYMTYPE, str(tmp_path)
    archive = make_tar(tmp_path / "a", [(info, b""), ("out/evil", b"x")])
    assert_refused(archive, "is a link or a device", tmp_path)


@each_format
def test_a_bomb_is_stopped(make, tmp_path):
    archive = make(tmp_path / "a", [("zeros", bytes(30_000_000))])
    assert_refused(archive, "more comes out than is allowed", tmp_path, max_bytes=1_000_000)


def test_a_zip_that_lies_about_its_sizes_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a", [("x", bytes(100_000))])
    raw = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = raw.index(signature) + offset
        raw[place : place + 4] = struct.pack("<I", 10)
    archive.write_bytes(raw)
    assert_refused(archive, "the archive is damaged", tmp_path)


def test_a_bomb_in_a_tar_header_is_stopped(tmp_path):
    info = tarfile.TarInfo("x")
    info.pax_headers = {"comment": "0" * 40_000_000}
    archive = tmp_path / "a"
    with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT) as opened:
        opened.addfile(info)
    assert_refused(archive, "more comes out than is allowed", tmp_path, max_bytes=1_000)


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a", [("x", b"secret")])
    raw = bytearray(archive.read_bytes())
    raw[raw.index(b"PK\x03\x04") + 6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(raw)
    assert_refused(archive, "'x' is encrypted", tmp_path)


def test_an_unknown_compression_is_refused(tmp_path):
    archive = make_zip(tmp_path / "a", [("x", b"text")])
    raw = bytearray(archive.read_bytes())
    raw[raw.index(b"PK\x03\x04") + 8] = 99
    raw[raw.index(b"PK\x01\x02") + 10] = 99
    archive.write_bytes(raw)
    assert_refused(archive, "'x': .*compression", tmp_path)


@each_format
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_half_an_archive_is_refused(make, share, tmp_path):
    body = bytes(range(256)) * 200
    archive = make(tmp_path / "a", [("x", body), ("y", body[::-1])])
    raw = archive.read_bytes()
    archive.write_bytes(raw[: int(share * len(raw.rstrip(b"\0")))])
    assert_refused(archive, "the archive is damaged", tmp_path)


# The clock of a gzip file is set: two workers have to see the same name of the test.
@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"PK\x03\x04", b"\x1f\x8b", gzip.compress(b"no tar", mtime=0)]
)
def test_what_is_no_archive_is_refused(raw, tmp_path):
    archive = tmp_path / "a"
    archive.write_bytes(raw)
    assert_refused(archive, "the archive is damaged", tmp_path)


def test_a_missing_archive_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        unpack(tmp_path / "none", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_rights_are_ignored(tmp_path):
    info = tarfile.TarInfo("x")
    info.mode = 0o6777
    unpack(make_tar(tmp_path / "a", [(info, b"x")]), tmp_path / "out")
    assert not (tmp_path / "out" / "x").stat().st_mode & 0o6111


def test_gzip_gives_its_bytes(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"hello" * 1000))
    assert unpack_gzip(path) == b"hello" * 1000
    with pytest.raises(ArchiveError, match="more comes out than is allowed"):
        unpack_gzip(path, max_bytes=4999)


@pytest.mark.parametrize("change", [lambda raw: b"no", lambda raw: raw[:-9], lambda raw: raw[:20]])
def test_damaged_gzip_is_refused(change, tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(change(gzip.compress(bytes(range(256)) * 50)))
    with pytest.raises(ArchiveError, match="the archive is damaged"):
        unpack_gzip(path)


def test_a_wrong_sum_at_the_end_of_a_gzip_file_is_found(tmp_path):
    archive = make_tar_gz(tmp_path / "a", HONEST.items())
    raw = bytearray(archive.read_bytes())
    raw[-8] ^= 1  # the CRC
    archive.write_bytes(raw)
    assert_refused(archive, "the archive is damaged: CRC", tmp_path)


@pytest.mark.parametrize("make", [make_tar, make_tar_gz], ids=["tar", "tar.gz"])
def test_a_tar_file_without_its_end_is_refused(make, tmp_path):
    archive = make(tmp_path / "a", [("x", b"1" * 512), ("y", b"2" * 512)])
    raw = archive.read_bytes() if make is make_tar else gzip.decompress(archive.read_bytes())
    for short in (raw[:1024], raw[:2048]):  # cut exactly behind a file
        archive.write_bytes(short if make is make_tar else gzip.compress(short))
        assert_refused(archive, "the archive is damaged: empty header", tmp_path)


def test_a_damaged_header_in_the_middle_does_not_pass_for_the_end(tmp_path):
    archive = make_tar(tmp_path / "a", [("x", b"1"), ("y", b"2")])
    raw = bytearray(archive.read_bytes())
    raw[1024] ^= 1  # the first letter of "y"
    archive.write_bytes(raw)
    assert_refused(archive, "the archive is damaged: bad checksum", tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED])
def test_damage_inside_a_zip_is_found_in_every_compression(method, tmp_path):
    archive = tmp_path / "a"
    body = os.urandom(3000)
    with zipfile.ZipFile(archive, "w", method) as opened:
        opened.writestr("x", body)
    good = archive.read_bytes()
    for place in (*range(31, 60), 500, 2000):
        raw = bytearray(good)
        raw[place] ^= 0xFF
        archive.write_bytes(raw)
        try:
            unpack(archive, tmp_path / f"out{place}")
        except ArchiveError:
            continue
        assert content_below(tmp_path / f"out{place}") == {"x": body}  # nobody reads that byte


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress])
def test_other_packed_files_are_no_archives(pack, tmp_path):
    archive = tmp_path / "a"
    archive.write_bytes(pack(b"hello" * 1000))
    assert_refused(archive, "the archive is damaged", tmp_path)


@pytest.mark.parametrize("name", ["x" * 256, "ä" * 128, "/".join("x" * 600)])
@each_format
def test_names_that_no_disk_takes_are_refused(make, name, tmp_path):
    assert_refused(make(tmp_path / "a", [(name, b"1")]), "is too long a name", tmp_path)


@pytest.mark.parametrize("damage", [b"PK\x05\x06" + b"\xff" * 18, b"PK\x01\x02" * 20])
def test_a_zip_with_nonsense_in_its_directory_is_refused(damage, tmp_path):
    archive = tmp_path / "a"
    archive.write_bytes(b"PK\x03\x04" + damage)
    assert_refused(archive, "the archive is damaged", tmp_path)


@each_format
def test_flipped_bytes_never_raise_anything_else(make, tmp_path):
    archive = make(tmp_path / "a", HONEST.items())
    good, rng = archive.read_bytes(), random.Random(0)
    for trial in range(150):
        raw = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        archive.write_bytes(raw)
        try:
            unpack(archive, tmp_path / f"out{trial}")
        except ArchiveError:
            assert not (tmp_path / f"out{trial}").exists()


def test_a_full_disk_is_not_taken_for_a_damaged_archive(tmp_path, monkeypatch):
    archive = make_zip(tmp_path / "a", [("x", bytes(1000))])

    def full(stream, out, limit):
        stream.read(10)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("course_pkg.data.files.archives._copy", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_large_headers_do_not_fill_the_memory(tmp_path):
    info = tarfile.TarInfo("x")
    info.pax_headers = {"comment": "0" * 60_000_000}
    archive = tmp_path / "a"
    with tarfile.open(archive, "w:gz", format=tarfile.PAX_FORMAT, compresslevel=1) as opened:
        opened.addfile(info)
    assert_refused(archive, "more comes out than is allowed", tmp_path)  # whatever max_bytes is


def test_headers_have_a_limit_apart_from_that_of_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr("course_pkg.data.files.archives.MAX_HEADERS", 30_000)
    archive = make_tar(tmp_path / "a", [("x", bytes(200_000)), ("y", bytes(300_000))])
    assert len(content_below(unpack(archive, tmp_path / "out"))) == 2


def test_a_sparse_file_is_refused(tmp_path):
    info = tarfile.TarInfo("x")
    info.type = tarfile.GNUTYPE_SPARSE
    archive = make_tar(tmp_path / "a", [(info, b"")])
    assert_refused(archive, "is a sparse file|damaged", tmp_path)
