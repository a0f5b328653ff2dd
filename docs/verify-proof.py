"""Checks a proof of the journal with nothing but Python 3: python3 verify-proof.py PROOF.json PUBLIC_KEY

It shares no code with the server. The public key comes from whoever runs `identity-mcp journal keygen`.
"""

import base64
import hashlib
import json
import sys


class Number(str):
    """A number as it is written: the hash covers its text."""


def canonical(value):
    """JSON with sorted keys and without spaces: the text that was hashed."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return value if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


# Ed25519, as RFC 8032 has it (section 5.1.7); points are affine, which is slow and short.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    both = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + both, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - both, -1, P)
    return x % P, y % P


def times(factor, point):
    result = (0, 1)
    while factor:
        if factor & 1:
            result = add(result, point)
        point, factor = add(point, point), factor >> 1
    return result


def point_from(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        raise ValueError("not a point of the curve")
    return (x if x & 1 == sign else P - x), y


BASE = point_from((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public_key, text, signature):
    try:
        key, point = point_from(public_key), point_from(signature[:32])
    except ValueError:
        return False
    factor = int.from_bytes(signature[32:], "little")
    digest = hashlib.sha512(signature[:32] + public_key + text).digest()
    hashed = int.from_bytes(digest, "little") % ORDER
    return len(signature) == 64 and factor < ORDER and times(factor, BASE) == add(point, times(hashed, key))


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


file, public_key = sys.argv[1:]
with open(file, encoding="utf-8") as opened:
    proof = json.load(opened, parse_int=Number, parse_float=Number)
problems = []

# Each entry has the hash of its own text, and of the entry before it.
before = None
for line in proof["lines"]:
    entry = {name: value for name, value in line.items() if name != "hash"}
    computed = hashlib.sha256(canonical(entry).encode("utf-8")).hexdigest()
    if computed != line["hash"]:
        problems.append(f"Entry {line['seq']} was changed after it was written.")
    if before and (line["prev"] != before["hash"] or int(line["seq"]) != int(before["seq"]) + 1):
        problems.append(f"Entry {line['seq']} does not follow the one before it.")
    before = line

# The last entry is the one that was signed, with the key of the person who asked for this check.
anchor = proof["anchor"]
if not before or (before["hash"], before["seq"]) != (anchor["hash"], anchor["seq"]):
    problems.append("It does not end at its anchor.")
signed = {"is": "identity-mcp journal anchor", **{name: anchor[name] for name in anchor if name != "signature"}}
signature = from_base64url(anchor.get("signature", ""))
if not is_signed(from_base64url(public_key), canonical(signed).encode("utf-8"), signature):
    problems.append("The anchor is not signed with this key.")

# What it tells: the calls that it is about, and those that asked for or used the same approval.
names, size = set(proof["about"]), 0
while size < len(names):
    size = len(names)
    for line in proof["lines"]:
        own = {line["call"], line.get("approval", {}).get("id", line["call"])}
        names |= own if own & names else set()
for line in proof["lines"]:
    approval, account = line.get("approval", {}), line.get("account")
    if line["call"] not in names:
        continue
    about = f"{account['userName']} in {account['tenant']}" if account else f"by {line['caller']}"
    about = f"by {approval['by']}" if line["event"] == "approved" else about
    what = line.get("before", {}).get("operation", line["tool"])
    print(f"{line['at'][:19]}  {line['event']:8}  {what} {about}")
print(f"NOT VALID. {' '.join(problems)}" if problems else f"VALID: {len(proof['lines'])} entries, all as signed.")
sys.exit(1 if problems else 0)
