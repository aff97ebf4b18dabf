"""How often a proposal for the columns of an unknown inventory is right, every known crosswalk left out in turn.

Targets: 95 % of the proposals right, 90 % of the fields found. With the real snapshots (DATAKIT_REAL_DATA, else beside
the project) four real files are asked too.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main():
    from tests.crosswalk_scores import packaged, real, scores

    snapshots = Path(os.environ.get("DATAKIT_REAL_DATA", ROOT.parent / "shared" / "data"))
    table = scores([*packaged(), *(real(snapshots) if (snapshots / "SOURCES.json").exists() else ())])
    print(table[["case", "fields", "proposed", "right"]].to_string(index=False))
    total = table[["fields", "proposed", "right"]].sum()
    right, found = 100 * total.right / total.proposed, 100 * total.right / total.fields
    print(f"\nproposals right   {right:5.1f} %   target 95 %   {'ok' if right >= 95 else 'TOO FEW'}")
    print(f"fields found      {found:5.1f} %   target 90 %   {'ok' if found >= 90 else 'TOO FEW'}")


if __name__ == "__main__":
    main()
