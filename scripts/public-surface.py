"""Reads symbol graphs: public symbols per module, and which of them have no documentation comment."""

import json
import pathlib
import sys

folder, modules = pathlib.Path(sys.argv[1]), sys.argv[2:]
total = documented = 0
missing = []
print(f"{'module':<16} {'public':>7} {'documented':>11}")
for module in modules:
    symbols = {}
    for path in sorted(folder.glob(f"{module}.symbols.json")) + sorted(folder.glob(f"{module}@*.symbols.json")):
        graph = json.loads(path.read_text())
        # What the compiler makes (== of an enumeration, rawValue, hash(into:)) has no place in a file.
        for symbol in graph["symbols"]:
            if "location" in symbol:
                symbols[symbol["identifier"]["precise"]] = symbol
    bare = [symbol for symbol in symbols.values() if not symbol.get("docComment")]
    total += len(symbols)
    documented += len(symbols) - len(bare)
    share = (len(symbols) - len(bare)) / len(symbols) if symbols else 1
    print(f"{module:<16} {len(symbols):>7} {share:>10.1%}")
    for symbol in bare:
        place = symbol["location"]
        file = place["uri"].split("/Sources/")[-1]
        missing.append(f"Sources/{file}:{place['position']['line'] + 1}: {'.'.join(symbol['pathComponents'])}")
print(f"{'all':<16} {total:>7} {documented / max(total, 1):>10.1%}")
if missing:
    print(f"\n{len(missing)} public symbols without a documentation comment:")
    print("\n".join(sorted(missing)))
    sys.exit(1)
