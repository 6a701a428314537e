"""Writes to the log $LOG what cosign and sigstore-python verify, and verifies with sigstore-python. new-key.sh runs it.

sign NAME        signs a new artifact NAME with signer.pem, logs it, and keeps its bundle as a client does
again NAME NEW   the bundle of NAME, with the proof and the checkpoint that the log gives now
verify ROOT NAME what sigstore-python does with the log's part of a bundle: proof, checkpoint and signed entry timestamp
"""
import base64
import hashlib
import json
import os
import sys
import urllib.request
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sigstore._internal.trust import KeyringPurpose
from sigstore.errors import VerificationError
from sigstore.models import TransparencyLogEntry, TrustedRoot
from sigstore_models.rekor.v1 import TransparencyLogEntry as Model


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def ask(path: str, body: object = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(os.environ["LOG"] + path, data, {"Content-Type": "application/json"})
    return json.loads(urllib.request.urlopen(request).read())


def keep(name: str, signature: str, answer: dict) -> None:
    entry = json.loads(TransparencyLogEntry._from_v1_response(answer)._inner.to_json())
    digest = {"algorithm": "SHA2_256", "digest": text(hashlib.sha256(Path(name).read_bytes()).digest())}
    bundle = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}, "tlogEntries": [entry]},
        "messageSignature": {"messageDigest": digest, "signature": signature},
    }
    Path(f"{name}.json").write_text(json.dumps(bundle))


def sign(name: str) -> None:
    artifact = f"{name} {os.urandom(8).hex()}".encode()
    Path(name).write_bytes(artifact)
    key = serialization.load_pem_private_key(Path("signer.pem").read_bytes(), None)
    signature = text(key.sign(artifact, ec.ECDSA(hashes.SHA256())))
    value = {"algorithm": "sha256", "value": hashlib.sha256(artifact).hexdigest()}
    public = {"content": text(Path("signer.pub").read_bytes())}
    spec = {"signature": {"content": signature, "publicKey": public}, "data": {"hash": value}}
    keep(name, signature, ask("/api/v1/log/entries", {"kind": "hashedrekord", "apiVersion": "0.0.1", "spec": spec}))


def again(name: str, new: str) -> None:
    bundle = json.loads(Path(f"{name}.json").read_text())
    Path(new).write_bytes(Path(name).read_bytes())
    index = bundle["verificationMaterial"]["tlogEntries"][0]["logIndex"]
    keep(new, bundle["messageSignature"]["signature"], ask(f"/api/v1/log/entries?logIndex={index}"))


def verify(trusted_root: str, name: str) -> None:
    keyring = TrustedRoot.from_file(trusted_root).rekor_keyring(KeyringPurpose.VERIFY)
    entry = json.loads(Path(f"{name}.json").read_text())["verificationMaterial"]["tlogEntries"][0]
    try:
        TransparencyLogEntry(Model.from_json(json.dumps(entry)))._verify(keyring)
    except VerificationError as error:
        sys.exit(str(error))


{"sign": sign, "again": again, "verify": verify}[sys.argv[1]](*sys.argv[2:])
