"""Merkle trees: the roots of RFC 6962, and proofs that hold for the truth and for nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbtide.ground.ledger import merkle

LEAVES = st.integers(1, 70).map(lambda n: [merkle.leaf_hash(bytes([i])) for i in range(n)])


def recursive_root(leaves: list[bytes]) -> bytes:
    """The definition as the RFC words it."""
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return merkle.node_hash(recursive_root(leaves[:middle]), recursive_root(leaves[middle:]))


def test_it_gives_the_published_roots() -> None:
    # the test vectors of certificate-transparency's reference implementation
    inputs = [
        b"",
        b"\x00",
        b"\x10",
        bytes.fromhex("2021"),
        bytes.fromhex("3031"),
        bytes.fromhex("40414243"),
        bytes.fromhex("5051525354555657"),
        bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
    ]
    roots = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    leaves = [merkle.leaf_hash(data) for data in inputs]
    assert merkle.root([]) == hashlib.sha256(b"").digest()
    assert {n: merkle.root(leaves[:n]).hex() for n in roots} == roots


@given(LEAVES)
def test_it_gives_the_root_of_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == recursive_root(leaves)


@given(LEAVES, st.data())
def test_it_proves_every_leaf_at_its_place_and_nowhere_else(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = merkle.inclusion_proof(leaves, index)
    said = {"count": len(leaves), "proof": proof, "tree_root": merkle.root(leaves)}
    assert merkle.is_included(leaves[index], index=index, **said)
    other = data.draw(st.integers(-1, len(leaves)).filter(lambda n: n != index))
    assert not merkle.is_included(leaves[index], index=other, **said)
    assert not merkle.is_included(merkle.leaf_hash(b"forged"), index=index, **said)
    assert not merkle.is_included(leaves[index], index=index, **{**said, "proof": [*proof, leaves[0]]})
    if proof:
        assert not merkle.is_included(leaves[index], index=index, **{**said, "proof": proof[:-1]})


@given(LEAVES, st.data())
def test_it_proves_that_a_tree_only_grew(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, len(leaves)))
    proof = merkle.consistency_proof(leaves, earlier)
    said = {
        "earlier": earlier,
        "earlier_root": merkle.root(leaves[:earlier]),
        "count": len(leaves),
        "tree_root": merkle.root(leaves),
        "proof": proof,
    }
    assert merkle.is_consistent(**said)
    forged = merkle.root([merkle.leaf_hash(b"forged"), *leaves[1:earlier]])
    assert not merkle.is_consistent(**{**said, "earlier_root": forged})
    assert not merkle.is_consistent(**{**said, "tree_root": merkle.leaf_hash(b"x")})
    assert not merkle.is_consistent(**{**said, "proof": [*proof, forged]})
    assert not merkle.is_consistent(**{**said, "earlier": 0})


def test_it_refuses_places_that_are_not_there() -> None:
    leaves = [merkle.leaf_hash(b"a")]
    with pytest.raises(IndexError):
        merkle.inclusion_proof(leaves, 1)
    with pytest.raises(IndexError):
        merkle.consistency_proof(leaves, 2)
