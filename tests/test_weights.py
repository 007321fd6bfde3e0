import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import nn

from avcur.errors import UserError
from avcur.store.keys import parameters
from avcur.training.checkpoint import save_checkpoint
from avcur.weights import RECORDS, AbsentWeightsError, Checkpoint, LearnedFrom, Record, Weights, published, trained

CONTENT = bytes(range(256)) * 300


class Handler(BaseHTTPRequestHandler):
    """`/good` whole, `/other` other bytes, `/short` half of what it promises, all else absent; `asked` counts."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name = self.path.strip("/")
        if name not in ("good", "other", "short"):
            self.send_error(404)
            return
        body = CONTENT[::-1] if name == "other" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if name == "short" else body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    Handler.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def publish(monkeypatch: pytest.MonkeyPatch, url: str) -> str:
    digest = hashlib.sha256(CONTENT).hexdigest()
    record = Record("fake", "fake.model", url, digest, len(CONTENT), "none", "a test", ("renamed.pt",))
    monkeypatch.setitem(RECORDS, "fake", record)
    return digest


def test_fetched_once_into_the_cache(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = publish(monkeypatch, f"{server}/good")
    found = Weights("fake", str(tmp_path / "folder"), str(tmp_path / "cache"))
    assert found.missing() is None
    assert found.path() == tmp_path / "cache" / "fake.model"
    assert found.path().read_bytes() == CONTENT
    published._resolved.cache_clear()  # as in the next process
    assert found.path().is_file()
    assert Handler.asked == ["/good"]
    assert parameters(found) == digest


@pytest.mark.parametrize(
    ("path", "why"), [("other", "another SHA-256"), ("short", "fetched: "), ("absent", "status 404")]
)
def test_what_cannot_be_fetched_whole_is_absent_with_the_reason(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, why: str
) -> None:
    publish(monkeypatch, f"{server}/{path}")
    found = Weights("fake", str(tmp_path / "folder"), str(tmp_path / "cache"))
    reason = found.missing()
    assert reason is not None
    for part in ("fake.model", str(tmp_path / "folder"), str(tmp_path / "cache"), f"{server}/{path}", why):
        assert part in reason
    with pytest.raises(AbsentWeightsError, match="cannot be fetched"):
        found.path()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
    assert len(Handler.asked) == 1  # a process asks once


def test_without_a_network_the_reason_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, "http://127.0.0.1:9/gone")
    reason = Weights("fake", None, str(tmp_path)).missing()
    assert reason is not None
    assert reason.endswith("http://127.0.0.1:9/gone cannot be fetched: ConnectionError")


@pytest.mark.parametrize("name", ["fake.model", "renamed.pt"])
def test_a_local_folder_comes_first_under_either_name(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    publish(monkeypatch, f"{server}/good")
    (tmp_path / name).write_bytes(CONTENT)
    assert Weights("fake", str(tmp_path), str(tmp_path / "cache")).path() == tmp_path / name
    assert Handler.asked == []


def test_a_wrong_local_file_is_named_with_both_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = publish(monkeypatch, "http://127.0.0.1:9/gone")
    (tmp_path / "renamed.pt").write_bytes(b"something else")
    with pytest.raises(UserError, match=digest) as error:
        Weights("fake", str(tmp_path)).path()
    assert hashlib.sha256(b"something else").hexdigest() in str(error.value)
    assert str(tmp_path / "renamed.pt") in str(error.value)


def test_a_damaged_file_of_the_cache_is_fetched_again(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(monkeypatch, f"{server}/good")
    (tmp_path / "fake.model").write_bytes(CONTENT[:100])
    assert Weights("fake", None, str(tmp_path)).path().read_bytes() == CONTENT


def test_without_any_folder_nothing_is_fetched(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, f"{server}/good")
    assert "paths.weights=FOLDER" in str(Weights("fake").missing())
    assert Handler.asked == []


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UserError, match="syncnet_v2, ecapa_voxceleb"):
        Weights("syncnet_v9").path()


def test_every_record_can_be_verified() -> None:
    for name, record in RECORDS.items():
        assert (name, len(record.sha256), record.size > 100_000) == (record.name, 64, True)
        assert record.url.startswith("http")


FACTS = {"scope": "s", "training_groups": ["a", "b"], "training_recordings": ["r"], "training_media": ["m"]}


def saved(path: Path, module: nn.Module) -> Checkpoint:
    save_checkpoint(path, module, FACTS)
    return Checkpoint(str(path))


def test_a_checkpoint_loads_into_the_bare_network_of_a_tasks_module(tmp_path: Path) -> None:
    module = nn.ModuleDict({"network": nn.Sequential(nn.Linear(3, 4)), "loss": nn.Linear(2, 2)})
    network = nn.Sequential(nn.Linear(3, 4))
    checkpoint = saved(tmp_path / "model.pt", module)
    checkpoint.load_into(network)
    assert torch.equal(network[0].weight, module["network"][0].weight)
    assert not network.training
    assert checkpoint.facts() == FACTS
    assert checkpoint.learned() == LearnedFrom("s", frozenset("ab"), frozenset("r"), frozenset("m"))


def test_a_process_loads_a_checkpoint_once(tmp_path: Path) -> None:
    checkpoint = saved(tmp_path / "model.pt", nn.Sequential(nn.Linear(3, 4)))
    made = []

    def network(width: int) -> nn.Module:
        made.append(width)
        return nn.Sequential(nn.Linear(3, width))

    # As jobs bring them: a new object each time, with the same parameters.
    first, again = (trained(partial(network, width=4), Checkpoint(checkpoint.path)) for _ in range(2))
    assert first is again
    assert made == [4]
    with pytest.raises(UserError, match="does not fit"):
        trained(partial(network, width=5), checkpoint)
    before = first.state_dict()["0.weight"].clone()
    saved(tmp_path / "model.pt", nn.Sequential(nn.Linear(3, 4), nn.Identity()))
    after = trained(partial(network, width=4), checkpoint).state_dict()["0.weight"]
    assert not torch.equal(before, after), "another file at the same path is another checkpoint"


def test_a_checkpoint_that_does_not_fit_says_what(tmp_path: Path) -> None:
    checkpoint = saved(tmp_path / "model.pt", nn.Sequential(nn.Linear(3, 4)))
    with pytest.raises(UserError, match=r"does not fit the network.*0\.weight"):
        checkpoint.load_into(nn.Sequential(nn.Linear(3, 5)))


def test_a_checkpoint_that_does_not_say_what_it_learned_from_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.zeros(2)}, "scope": "s"}, tmp_path / "model.pt")
    with pytest.raises(UserError, match="training_groups, training_recordings, training_media"):
        Checkpoint(str(tmp_path / "model.pt")).learned()


def test_no_checkpoint_is_a_reason_and_stands_for_itself_in_keys(tmp_path: Path) -> None:
    assert Checkpoint().missing() == "no checkpoint given"
    with pytest.raises(UserError, match=r"gone\.pt: no such file"):
        Checkpoint(str(tmp_path / "gone.pt")).missing()
    assert Checkpoint().key() is None
    (tmp_path / "a.pt").write_bytes(b"a")
    (tmp_path / "b.pt").write_bytes(b"a")
    assert Checkpoint(str(tmp_path / "a.pt")).key() == Checkpoint(str(tmp_path / "b.pt")).key()


def test_nothing_in_a_checkpoint_is_executed(tmp_path: Path) -> None:
    torch.save(nn.Linear(1, 1), tmp_path / "pickled.pt")
    with pytest.raises(UserError, match="not a checkpoint of plain weights"):
        Checkpoint(str(tmp_path / "pickled.pt")).load_into(nn.Linear(1, 1))


@pytest.mark.parametrize("content", [b"hello world", b"\x80\x02abc", b""])
def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.pt").write_bytes(content)
    with pytest.raises(UserError, match=r"odd\.pt: not a checkpoint"):
        Checkpoint(str(tmp_path / "odd.pt")).facts()
