"""The ledger: Merkle trees as RFC 6962 defines them, with proofs that a leaf is in and that a tree only grew."""

import hashlib
from collections.abc import Sequence

LEAF, NODE = b"\x00", b"\x01"  # two prefixes, so that no inner node can be shown as a leaf


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two trees side by side."""
    return hashlib.sha256(NODE + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; of no leaf it is the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = [*paired, level[-1]] if len(level) % 2 else paired
    return level[0]


def _split(count: int) -> int:
    """The largest power of two below count."""
    return 1 << ((count - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from a leaf to the root (RFC 6962, 2.1.1).

    Raises:
        IndexError: there is no leaf of this index.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"There is no leaf {index} among {len(leaves)}.")
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*inclusion_proof(leaves[:middle], index), root(leaves[middle:])]
    return [*inclusion_proof(leaves[middle:], index - middle), root(leaves[:middle])]


def is_included(leaf: bytes, *, index: int, count: int, proof: Sequence[bytes], tree_root: bytes) -> bool:
    """Whether the proof shows this leaf at this place of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < count:
        return False
    place, last, found = index, count - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = node_hash(beside, found)
            while not place % 2 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found == tree_root


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """The hashes that show the tree of the first `earlier` leaves inside the tree of all (RFC 6962, 2.1.2).

    Raises:
        IndexError: there is no such earlier tree.
    """
    if not 0 < earlier <= len(leaves):
        raise IndexError(f"There is no earlier tree of {earlier} among {len(leaves)} leaves.")
    return _subproof(leaves, earlier, is_whole=True)


def _subproof(leaves: Sequence[bytes], earlier: int, *, is_whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if is_whole else [root(leaves)]
    middle = _split(len(leaves))
    if earlier <= middle:
        return [*_subproof(leaves[:middle], earlier, is_whole=is_whole), root(leaves[middle:])]
    return [*_subproof(leaves[middle:], earlier - middle, is_whole=False), root(leaves[:middle])]


def is_consistent(
    *, earlier: int, earlier_root: bytes, count: int, tree_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the later tree only grew out of the earlier one (RFC 9162, 2.1.4.2)."""
    if earlier == count:
        return not proof and earlier_root == tree_root
    if not 0 < earlier < count or not proof:
        return False
    way = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    place, last = earlier - 1, count - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    before = after = way[0]
    for beside in way[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            before, after = node_hash(beside, before), node_hash(beside, after)
            while not place % 2 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and before == earlier_root and after == tree_root
